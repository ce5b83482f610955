"""Which points of a track are kept (R002). Pure.

Instants are whole microseconds since 1970: thousands of points a second pass here, and a phone's clock can
show times for which there is no datetime.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from chassis.calendar import local_date

from visit.work_policies.rules import WorkPolicy

CLOCK_AHEAD = timedelta(minutes=5)
CLOCK_BEHIND = timedelta(days=7)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


class Refusal(StrEnum):
    CLOCK_AHEAD = "CLOCK_AHEAD"
    CLOCK_BEHIND = "CLOCK_BEHIND"
    OUTSIDE_WORKING_TIME = "OUTSIDE_WORKING_TIME"
    DEVICE_REPLACED = "DEVICE_REPLACED"


def microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds_: int) -> datetime:
    return _EPOCH + microseconds_ * _MICROSECOND


class Gate:
    """Decides about points that arrive at one moment from one person.

    Args:
        now: the server's time.
        policy_on: the person's work policy on a day.
        replaced_at: when the phone that sends them was replaced, in Unix seconds; None: it was not.
    """

    def __init__(
        self, now: datetime, policy_on: Callable[[date], WorkPolicy], replaced_at: float | None = None
    ) -> None:
        self._replaced = None if replaced_at is None else round(replaced_at * 1_000_000)
        self._latest = microseconds(now + CLOCK_AHEAD)
        self._earliest = microseconds(now - CLOCK_BEHIND)
        windows = [policy_on(day).track_window(day) for day in _days(now - CLOCK_BEHIND, now + CLOCK_AHEAD)]
        self._starts = [microseconds(window[0]) for window in windows if window]
        self._ends = [microseconds(window[1]) for window in windows if window]

    def refusal(self, captured: int | None) -> Refusal | None:
        """Return why a point captured then, by the phone's clock (None: it did not say), is not kept."""
        if captured is None or captured > self._latest:
            return Refusal.CLOCK_AHEAD
        if captured < self._earliest:
            return Refusal.CLOCK_BEHIND
        if self._replaced is not None and captured > self._replaced:
            return Refusal.DEVICE_REPLACED
        window = bisect_right(self._starts, captured) - 1
        if window < 0 or captured > self._ends[window]:
            return Refusal.OUTSIDE_WORKING_TIME
        return None


def _days(first: datetime, last: datetime) -> Sequence[date]:
    start = local_date(first)
    return [start + number * _DAY for number in range((local_date(last) - start).days + 1)]
