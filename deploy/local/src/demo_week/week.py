"""The week of the demo, and the business clock that moves through it."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

from chassis.clock import FileClock, write_clock_file

from chassis import calendar

_WEEK = timedelta(days=7)
WORKDAYS = 5


def choose_week(today: date, is_taken: Callable[[date], bool]) -> date:
    """Returns the Monday of the first week after `today` that has no holiday and has not been played yet."""
    monday = calendar.week_of(today) + _WEEK
    while not _is_full(monday) or is_taken(monday):
        monday += _WEEK
    return monday


def _is_full(monday: date) -> bool:
    return all(map(calendar.is_workday, days_of(monday)))


def days_of(monday: date) -> list[date]:
    """Monday to Friday."""
    return [monday + timedelta(days=number) for number in range(WORKDAYS)]


class BusinessClock:
    """The clock file of the stack: what every process of it takes for the time of business."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = FileClock(path)

    def set(self, day: date, wall_time: time) -> None:
        write_clock_file(self._path, calendar.at(day, wall_time))

    def now(self) -> datetime:
        return self._clock.now()

    def back_to_real_time(self) -> None:
        self._path.unlink(missing_ok=True)
