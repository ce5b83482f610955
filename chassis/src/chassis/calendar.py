"""Working days of mainland China and civil time in the zone business runs in. Pure.

Public holidays and the weekends worked in exchange (调休) come from the published calendars; for a year
without one, working days are Monday to Friday, and `is_known_year` says so.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chinese_calendar.constants import (  # type: ignore[import-untyped]  # the library ships no types
    holidays,
    workdays,
)

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")

_DAY = timedelta(days=1)
_SATURDAY = 5
_WALL_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
# The library's own functions search all holidays at each call; these are its data.
_HOLIDAYS: frozenset[date] = frozenset(holidays)
_WORKED_WEEKENDS: frozenset[date] = frozenset(day for day in workdays if day.weekday() >= _SATURDAY)
_KNOWN_YEARS: frozenset[int] = frozenset(day.year for day in _HOLIDAYS)


def is_known_year(year: int) -> bool:
    """Whether the public holidays of `year` have been published and are known here."""
    return year in _KNOWN_YEARS


def is_workday(day: date) -> bool:
    if day.weekday() >= _SATURDAY:
        return day in _WORKED_WEEKENDS
    return day not in _HOLIDAYS


def is_holiday(day: date) -> bool:
    """Whether people rest: a public holiday or a weekend that is not worked in exchange."""
    return not is_workday(day)


def next_workday(day: date) -> date:
    """The first working day after `day`."""
    day += _DAY
    while not is_workday(day):
        day += _DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`; `day` itself when `count` is 0."""
    if count < 0:
        raise ValueError("working days are counted forwards")
    for _ in range(count):
        day = next_workday(day)
    return day


def week_of(day: date) -> date:
    """The Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())


def days_of_week(monday: date) -> tuple[date, ...]:
    """Monday to Sunday."""
    if monday.weekday() != 0:
        raise ValueError(f"a week is named by its Monday, and {monday} is none")
    return tuple(monday + timedelta(days=offset) for offset in range(7))


def first_workday_of_week(monday: date) -> date | None:
    """The first day worked in that week; None in a week of holidays (Spring Festival of 2026 fills one)."""
    return next(filter(is_workday, days_of_week(monday)), None)


def local_date(instant: datetime) -> date:
    """The civil date in the business zone at `instant`."""
    return _aware(instant).astimezone(BUSINESS_ZONE).date()


def local_time(instant: datetime) -> time:
    """The wall-clock time in the business zone at `instant`."""
    return _aware(instant).astimezone(BUSINESS_ZONE).time()


def at(day: date, wall_time: time) -> datetime:
    """The instant, in UTC, at which the clocks of the business zone show `wall_time` on `day`."""
    return datetime.combine(day, wall_time, BUSINESS_ZONE).astimezone(UTC)


def parse_wall_time(text: str) -> time:
    """Reads a wall-clock time such as "08:30"; raises ValueError for any other shape."""
    match = _WALL_TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not a wall-clock time: {text!r}")
    return time(int(match[1]), int(match[2]))


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset says nothing")
    return instant
