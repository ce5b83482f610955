"""Answers DisbursementService."""

from typing import Any

from chassis.calendar import local_date
from chassis.errors import NotFound
from chassis.money import Money
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.marketing.v1 import disbursements_pb2 as pb
from sqlalchemy import Row

from marketing_resources.disbursements import events, messages, rules, store
from marketing_resources.disbursements.rules import Payment, State
from marketing_resources.ledger.posting import move
from marketing_resources.ledger.rules import Kind, Movement


class DisbursementServicer:
    contract = pb.DESCRIPTOR.services_by_name["DisbursementService"]

    def get_disbursement(self, request: pb.GetDisbursementRequest, call: Call) -> pb.Disbursement:
        return messages.rendered(_in_scope(store.find(call.connection, request.disbursement_id), call))

    def list_disbursements(
        self, request: pb.ListDisbursementsRequest, call: Call
    ) -> pb.ListDisbursementsResponse:
        page = page_of(request, keys=1)
        state = messages.state_of(request.state)
        plan_id = request.spend_plan_id
        rows = store.read_page(call.connection, page, call.scope, state=state, plan_id=plan_id)
        shown, token = page.cut(rows, lambda row: (row.id,))
        return pb.ListDisbursementsResponse(
            disbursements=map(messages.rendered, shown), next_page_token=token
        )

    def confirm_disbursement_payment(
        self, request: pb.ConfirmDisbursementPaymentRequest, call: Call
    ) -> pb.Disbursement:
        payment = messages.payment_of(request, call.caller.subject, local_date(call.now))
        # locked before the number is looked up: of two confirmations at once the second finds the first
        row = _in_scope(store.lock(call.connection, payment.disbursement_id), call)
        call.changed(f"disbursements/{row.id}")
        known = store.payment_by(call.connection, payment.confirmed_by, payment.external_id)
        due = Money(row.amount, row.currency)
        if not rules.is_new(payment, known=known, state=State(row.state), due=due):
            return messages.rendered(row)
        return messages.rendered(_pay(payment, call))


def _in_scope(row: Row[Any] | None, call: Call) -> Row[Any]:
    if row is None or not call.scope.covers(unit_id=row.unit_id, owner_id=row.applicant_id):
        raise NotFound("disbursement")
    return row


def _pay(payment: Payment, call: Call) -> Row[Any]:
    paid = store.book(call.connection, payment, call.now)
    movement = Movement(
        kind=Kind.PAY,
        budget_id=paid.budget_id,
        amount=paid.amount,
        spend_plan_id=paid.plan_id,
        spend_plan_item_id=paid.item_id,
    )
    move(call, [movement])
    call.publish(events.paid(paid))
    call.publish(events.told(paid))
    call.changed(f"disbursements/{paid.id}", ["state"])
    return paid
