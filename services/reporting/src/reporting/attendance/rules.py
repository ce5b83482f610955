"""Which days a report of attendance counts. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.calendar import is_workday


@dataclass(frozen=True, slots=True)
class Workdays:
    """The workdays of a period that can be judged.

    Attributes:
        over: those before today, on which a person who did not come is missing.
        today: today, if it is a workday of the period. It counts for a person once that person has clocked
            out: before, nobody can say that the day was missed.
    """

    over: tuple[date, ...]
    today: date | None


def workdays(first: date, last: date, today: date) -> Workdays:
    """Return the workdays from `first` to `last`; days after today do not count yet."""
    days = [first + timedelta(days=offset) for offset in range((min(last, today) - first).days + 1)]
    worked = [day for day in days if is_workday(day)]
    return Workdays(tuple(day for day in worked if day < today), today if today in worked else None)
