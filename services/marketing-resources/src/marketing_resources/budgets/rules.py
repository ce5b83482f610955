"""What a budget is for. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.money import Money


class ResourceClass(StrEnum):
    """Classes of marketing resources (R038)."""

    ADVERTISING = "advertising"
    PROMO_GOODS = "promo_goods"
    OTHER = "other"


class PeriodReversed(Exception):
    """The period ends before it begins."""


class NotWholeMonths(Exception):
    """The period does not run from the first of a month to the last of one."""


class BudgetExists(Exception):
    """Fund, class and unit have a budget for the same period."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, both days included. Raises PeriodReversed, NotWholeMonths."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise PeriodReversed
        if self.start.day != 1 or self.end.day != monthrange(self.end.year, self.end.month)[1]:
            raise NotWholeMonths


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A budget that is to be granted."""

    fund_id: str
    resource_class: ResourceClass
    unit_id: str
    period: Period
    amount: Money
