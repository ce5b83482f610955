"""What people owe the platform in logins (R033, R069, R152, R154). Pure.

Days are those of business. A duty of a day is judged when the day is over: until then it can still be kept.
"""

from calendar import monthrange
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from enum import StrEnum

from chassis.calendar import is_workday, week_of

ACTIVE_DAYS = 20  # R069: login days in a month that make an active user
TWO_WEEKS = timedelta(days=14)  # R154
TRAVELLING_LOGINS = 2  # R152: logins in a week on the road
HEADS = frozenset({"department_head"})  # R033: roles of the heads of departments and projects
MOST_COUNTED = 250  # working days of a year: whoever is away for longer is simply away

_DAY = timedelta(days=1)


class Breach(StrEnum):
    WORKING_DAY = "WORKING_DAY"
    HEAD = "HEAD"
    TWO_WEEKS = "TWO_WEEKS"


def breaches(
    since: date, today: date, role_codes: Collection[str], *, travelling: bool = False
) -> Iterator[Breach]:
    """Return the duties that somebody who has not signed in since then has not kept.

    Args:
        since: the last login day, or the day from which the person could sign in.
        today: the day, which is not over yet.
        role_codes: what the person is.
        travelling: whether the person is on the road (R152). Nothing tells yet: trips come with visit's.
    """
    missed = missed_working_days(since, today) > 0
    if missed and not travelling:
        yield Breach.WORKING_DAY
    if missed and not HEADS.isdisjoint(role_codes):
        yield Breach.HEAD
    if today - since >= TWO_WEEKS:
        yield Breach.TWO_WEEKS


def travelling_week_missed(login_days: Collection[date], monday: date, today: date) -> bool:
    """R152: tell whether a week on the road is over and had fewer logins than two."""
    days = [day for day in login_days if week_of(day) == monday]
    return today - monday >= timedelta(days=7) and len(set(days)) < TRAVELLING_LOGINS


def missed_working_days(since: date, today: date) -> int:
    """R152: return how many working days between the two have passed; at most MOST_COUNTED."""
    count, day = 0, since + _DAY
    while day < today and count < MOST_COUNTED:
        count += is_workday(day)
        day += _DAY
    return count


def is_active_user(days_in_month: int) -> bool:
    """R069: tell whether somebody with so many login days in a month is an active user."""
    return days_in_month >= ACTIVE_DAYS


def kept_since(breach: Breach, today: date) -> date:
    """Return the earliest day to be counted from without this breach: whoever has an earlier one has it."""
    if breach is Breach.TWO_WEEKS:
        return today - TWO_WEEKS + _DAY
    return last_working_day(today)


def last_working_day(today: date) -> date:
    """Return the last working day that is over."""
    day = today - _DAY
    while not is_workday(day):
        day -= _DAY
    return day


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month of `day`."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
