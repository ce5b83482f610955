"""Disbursements between protobuf and rows."""

from datetime import date
from typing import Any

from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields
from chassis.money import Money, to_proto
from journeyman.marketing.v1 import disbursements_pb2 as pb
from sqlalchemy import Row

from marketing_resources import fields
from marketing_resources.disbursements.rules import PaidAfterToday, Payment, State, demand_past

_AFTER_TODAY = FieldProblem("paidDate", "AFTER_TODAY", "is after today", "不能晚于今天")


def payment_of(request: pb.ConfirmDisbursementPaymentRequest, confirmed_by: str, today: date) -> Payment:
    """Return the payment that a caller confirms. Raises InvalidFields."""
    paid_on = civil_date(request.paid_date, "paidDate")
    try:
        demand_past(paid_on, today)
    except PaidAfterToday:
        raise InvalidFields(_AFTER_TODAY) from None
    return Payment(
        disbursement_id=request.disbursement_id.lower(),
        confirmed_by=confirmed_by,
        external_id=request.external_id,
        amount=fields.money(request.amount, "amount"),
        paid_on=paid_on,
    )


def state_of(state: pb.Disbursement.State.ValueType) -> State | None:
    """Return the state to filter by."""
    if state == pb.Disbursement.STATE_UNSPECIFIED:
        return None
    return State(pb.Disbursement.State.Name(state).removeprefix("STATE_"))


def rendered(row: Row[Any]) -> pb.Disbursement:
    """Return a disbursement as a message."""
    message = pb.Disbursement(
        id=row.id,
        spend_plan_id=row.plan_id,
        spend_plan_item_id=row.item_id,
        budget_id=row.budget_id,
        unit_id=row.unit_id,
        amount=to_proto(Money(row.amount, row.currency)),
        purpose=row.purpose,
        central_purchase=row.central_purchase,
        state=pb.Disbursement.State.Value(f"STATE_{row.state}"),
        external_id=row.external_id or "",
        paid_date=row.paid_on.isoformat() if row.paid_on else "",
        confirmed_by=row.confirmed_by or "",
    )
    if row.confirmed_at:
        message.confirm_time.FromDatetime(row.confirmed_at)
    message.create_time.FromDatetime(row.created_at)
    return message
