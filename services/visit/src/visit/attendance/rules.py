"""Attendance by phone: clocking in and out in place of reporting to a post (R009). Pure."""

from datetime import datetime
from enum import StrEnum

from chassis.calendar import at, is_workday, local_date

from visit.work_policies.rules import WorkPolicy


class NotClockedIn(Exception):
    """A person clocks out on a day on which they have not clocked in."""


class ClockInResult(StrEnum):
    ON_TIME = "ON_TIME"
    LATE = "LATE"
    DAY_OFF = "DAY_OFF"


class ClockOutResult(StrEnum):
    ON_TIME = "ON_TIME"
    EARLY = "EARLY"
    DAY_OFF = "DAY_OFF"


def clock_in_deadline(moment: datetime, policy: WorkPolicy) -> datetime:
    """Return the instant up to which a clock-in on the day of `moment` is on time (R007)."""
    return at(local_date(moment), policy.clock_in_deadline)


def clock_in(moment: datetime, policy: WorkPolicy) -> ClockInResult:
    """Judge the day's first clock-in (R007); on a day off nothing is due (A55)."""
    if not is_workday(local_date(moment)):
        return ClockInResult.DAY_OFF
    late = moment > clock_in_deadline(moment, policy)
    return ClockInResult.LATE if late else ClockInResult.ON_TIME


def clock_out(moment: datetime, policy: WorkPolicy) -> ClockOutResult:
    """Judge the day's last clock-out (R008); on a day off nothing is due (A55)."""
    day = local_date(moment)
    if not is_workday(day):
        return ClockOutResult.DAY_OFF
    early = moment < at(day, policy.clock_out_earliest)
    return ClockOutResult.EARLY if early else ClockOutResult.ON_TIME
