"""What others hear of budgets."""

from typing import Any

from chassis.outbox import Fact
from journeyman.marketing.v1 import events_pb2
from sqlalchemy import Row


def changed(row: Row[Any]) -> Fact:
    """Return the fact that a budget, with the code of its fund, is now as the row says."""
    data = events_pb2.BudgetChanged(
        budget_id=row.id,
        fund_id=row.fund_id,
        fund_code=row.fund_code,
        resource_class=row.resource_class,
        unit_id=row.unit_id,
        period_start_date=row.period_start.isoformat(),
        period_end_date=row.period_end.isoformat(),
        currency=row.currency,
        available_minor_units=row.available,
        reserved_minor_units=row.reserved,
        committed_minor_units=row.committed,
        paid_minor_units=row.paid,
    )
    return Fact("journeyman.marketing.budget.changed.v1", row.id, row.sequence, data)
