"""What others hear of disbursements."""

from typing import Any

from chassis.money import Money
from chassis.notices import raised
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


def told(row: Row[Any]) -> Fact:
    """Tell who applied for the money that it has been paid."""
    return raised(
        "marketing",
        "disbursements.paid",
        recipients=[row.applicant_id],
        parameters={"amount": Money(row.amount, row.currency), "date": row.paid_on},
        resource=f"disbursements/{row.id}",
        dedupe_key=f"disbursements.paid/{row.id}",
    )
