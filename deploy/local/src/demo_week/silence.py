"""R027 once more, by the rulebook's defaults: what the platform finds must be what this finds."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from chassis import calendar

_WINDOW = (time(8, 30), time(18, 0))
_BREACH = timedelta(minutes=30)
_SPACING = timedelta(minutes=60)


def silences(positions: Iterable[datetime], day: date, clocked_in: datetime, clocked_out: datetime) -> int:
    """Returns how often the phone was silent for 30 minutes in working time, at most once an hour."""
    first, last = (calendar.at(day, wall_time) for wall_time in _WINDOW)
    first, last = max(first, clocked_in), min(last, clocked_out)
    heard = [first, *sorted(moment for moment in positions if first < moment < last), last]
    fined: list[datetime] = []
    for silent_from, silent_to in pairwise(heard):
        soonest = [silent_from + _BREACH, *(moment + _SPACING for moment in fined[-1:])]
        if max(soonest) <= silent_to:
            fined.append(max(soonest))
    return len(fined)
