"""R027: a phone without signal in working time is a breach, each time. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from chassis.calendar import local_date

from visit.violations.rules import Breach, Kind
from visit.work_policies.rules import WorkPolicy

UPLOAD_ALLOWANCE = timedelta(minutes=30)  # what a phone without network holds back may still arrive
BREACH_SPACING = timedelta(minutes=60)  # A31: at most one breach in this time

Span = tuple[datetime, datetime]


def signal_check_due(clocked_in: datetime, policy: WorkPolicy) -> datetime | None:
    """Return when the signal of the day of a clock-in can be judged; None when nothing is due (a day off)."""
    window = policy.track_window(local_date(clocked_in))
    return window[1] + UPLOAD_ALLOWANCE if window else None


def watched_time(policy: WorkPolicy, clocked_in: datetime, clocked_out: datetime | None) -> Span | None:
    """Return the part of the track window between clocking in and out; None when there is none."""
    window = policy.track_window(local_date(clocked_in))
    if window is None:
        return None
    start, end = window
    start, end = max(start, clocked_in), min(end, clocked_out or end)
    return (start, end) if start < end else None


def breaches(positions: Iterable[datetime], watched: Span, policy: WorkPolicy) -> Sequence[Breach]:
    """Return the breaches of a day from the times of its positions, in any order.

    A span of at least `signal_gap_minutes` between two positions is a breach, from the moment that makes it
    so long; both ends of the watched time count as positions. Two breaches are 60 minutes apart at least: a
    span that goes on when they have passed counts then, and one that has ended before does not.
    """
    smallest = timedelta(minutes=policy.signal_gap_minutes)
    gaps = _gaps(positions, watched, smallest)
    return [
        Breach(
            kind=Kind.NO_SIGNAL,
            rule_id="R027",
            started_at=start,
            ended_at=end,
            fine=policy.signal_gap_fine,
        )
        for start, end in _spaced(gaps, smallest)
    ]


def _gaps(positions: Iterable[datetime], watched: Span, smallest: timedelta) -> Iterator[Span]:
    start, end = watched
    inside = sorted(moment for moment in positions if start < moment < end)
    return ((one, next_) for one, next_ in pairwise([start, *inside, end]) if next_ - one >= smallest)


def _spaced(gaps: Iterable[Span], smallest: timedelta) -> Iterator[Span]:
    free_from: datetime | None = None
    for start, end in gaps:
        moment = max(start + smallest, free_from or start)
        if moment <= end:
            free_from = moment + BREACH_SPACING
            yield start, end
