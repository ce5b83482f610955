"""What others hear of disbursements."""

from typing import Any

from chassis.outbox import Fact
from journeyman.marketing.v1 import events_pb2
from sqlalchemy import Row


def paid(row: Row[Any]) -> Fact:
    """Return the fact that a disbursement has been paid."""
    data = events_pb2.DisbursementPaid(
        disbursement_id=row.id,
        spend_plan_id=row.plan_id,
        budget_id=row.budget_id,
        unit_id=row.unit_id,
        amount_minor_units=row.amount,
        currency=row.currency,
        paid_date=row.paid_on.isoformat(),
    )
    return Fact("journeyman.marketing.disbursement.paid.v1", row.id, 1, data)
