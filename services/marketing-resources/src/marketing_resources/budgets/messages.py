"""Budgets between protobuf and values."""

from typing import Any

from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from chassis.money import Money, to_proto
from journeyman.marketing.v1 import budgets_pb2 as pb
from sqlalchemy import Row

from marketing_resources.budgets.rules import Grant, NotWholeMonths, Period, PeriodReversed, ResourceClass
from marketing_resources.fields import positive_money

_REVERSED = FieldProblem(
    "budget.periodEndDate", "PERIOD_REVERSED", "lies before the first day", "早于开始日期"
)
_NOT_WHOLE_MONTHS = FieldProblem(
    "budget.periodEndDate",
    "NOT_WHOLE_MONTHS",
    "and the first day must make whole months",
    "与开始日期须构成完整的自然月",
)


def parse(message: pb.Budget) -> Grant:
    """Return what is to be granted. Raises InvalidFields."""
    return Grant(
        fund_id=message.fund_id.lower(),
        resource_class=ResourceClass(message.resource_class),
        unit_id=message.unit_id.lower(),
        period=_period(message),
        amount=positive_money(message.amount, "budget.amount"),
    )


def render(row: Row[Any]) -> pb.Budget:
    def money(minor_units: int) -> Any:
        return to_proto(Money(minor_units, row.currency))

    budget = pb.Budget(
        id=row.id,
        fund_id=row.fund_id,
        resource_class=row.resource_class,
        unit_id=row.unit_id,
        period_start_date=row.period_start.isoformat(),
        period_end_date=row.period_end.isoformat(),
        amount=money(row.available + row.reserved + row.committed + row.paid),
        available=money(row.available),
        reserved=money(row.reserved),
        committed=money(row.committed),
        paid=money(row.paid),
        etag=etag(row.sequence),
    )
    budget.create_time.FromDatetime(row.created_at)
    budget.update_time.FromDatetime(row.updated_at)
    return budget


def _period(message: pb.Budget) -> Period:
    start = civil_date(message.period_start_date, "budget.periodStartDate")
    end = civil_date(message.period_end_date, "budget.periodEndDate")
    try:
        return Period(start, end)
    except PeriodReversed:
        raise InvalidFields(_REVERSED) from None
    except NotWholeMonths:
        raise InvalidFields(_NOT_WHOLE_MONTHS) from None
