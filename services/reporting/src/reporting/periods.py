"""The days that a report covers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields

LONGEST = timedelta(days=400)


class AsksForDays(Protocol):
    """A request with a first and a last day."""

    from_date: str
    to_date: str


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def up_to(self, today: date) -> "Period":
        """Return the days that have begun; a period that begins after today has none."""
        return Period(self.first, min(self.last, today))


def period_of(request: AsksForDays) -> Period:
    """Read the period of a request. Raises InvalidFields for one that is reversed or longer than 400 days."""
    period = Period(civil_date(request.from_date, "fromDate"), civil_date(request.to_date, "toDate"))
    if period.last < period.first:
        raise InvalidFields(
            FieldProblem("toDate", "BEFORE_FROM_DATE", "must not be before fromDate", "不能早于 fromDate")
        )
    if period.last - period.first > LONGEST:
        raise InvalidFields(
            FieldProblem(
                "toDate",
                "PERIOD_TOO_LONG",
                "must be at most 400 days after fromDate",
                "最多晚于 fromDate 400 天",
            )
        )
    return period
