"""Which periods can be reviewed, and when a month is overdue. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chassis.calendar import at

# Day of the month from which the month before must have been reviewed, unless the settings say otherwise.
REVIEW_DAY = 10
_DAY = timedelta(days=1)


class PeriodInverted(Exception):
    """The period ends before it begins."""


class ReviewPeriodOpen(Exception):
    """The last day of the period is not over: records of it may still come."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days that are reviewed, both ends included."""

    start: date
    end: date


def month_of(day: date) -> Period:
    """Return the month of a day."""
    start = day.replace(day=1)
    return Period(start, (start + 31 * _DAY).replace(day=1) - _DAY)


def month_before(today: date) -> Period:
    """Return the last month that is over."""
    return month_of(today.replace(day=1) - _DAY)


def reviewed_period(start: date | None, end: date | None, today: date) -> Period:
    """R173: a month is reviewed when nothing else is said. Raises PeriodInverted and ReviewPeriodOpen."""
    start = start or month_before(today).start
    period = Period(start, end or month_of(start).end)
    if period.end < period.start:
        raise PeriodInverted
    if period.end >= today:
        raise ReviewPeriodOpen
    return period


def overdue_month(today: date, review_day: int) -> Period | None:
    """R173: return the month that has to be reviewed by now, or None before the review day of this month."""
    return month_before(today) if today.day >= review_day else None


def due_at(month: Period, review_day: int) -> datetime:
    """R173: return when a month has to have been reviewed: as the review day of the next one begins."""
    return at((month.end + _DAY).replace(day=review_day), time.min)
