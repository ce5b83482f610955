from dataclasses import replace
from datetime import date

import pytest
from chassis.money import Money
from marketing_resources.disbursements.rules import (
    AmountDiffers,
    DisbursementPaid,
    ExternalIdUsed,
    PaidAfterToday,
    Payment,
    State,
    demand_past,
    is_new,
)

TODAY = date(2026, 3, 10)
DUE = Money(700, "CNY")
PAYMENT = Payment(disbursement_id="due", confirmed_by="erp", external_id="PAY-1", amount=DUE, paid_on=TODAY)


@pytest.mark.rule("R042")
def test_a_payment_is_booked_once_R042():
    assert is_new(PAYMENT, known=None, state=State.PENDING, due=DUE)
    assert not is_new(PAYMENT, known=PAYMENT, state=State.PAID, due=DUE)


@pytest.mark.parametrize(
    "difference",
    [{"disbursement_id": "other"}, {"amount": Money(699, "CNY")}, {"paid_on": date(2026, 3, 9)}],
)
@pytest.mark.parametrize("state", list(State))
def test_a_number_stands_for_one_payment(difference, state):
    with pytest.raises(ExternalIdUsed):
        is_new(PAYMENT, known=replace(PAYMENT, **difference), state=state, due=DUE)


def test_what_is_paid_is_not_paid_again():
    with pytest.raises(DisbursementPaid):
        is_new(PAYMENT, known=None, state=State.PAID, due=DUE)


@pytest.mark.parametrize("paid", [Money(699, "CNY"), Money(701, "CNY"), Money(700, "USD")])
def test_a_payment_is_what_is_due(paid):
    with pytest.raises(AmountDiffers) as refused:
        is_new(replace(PAYMENT, amount=paid), known=None, state=State.PENDING, due=DUE)
    assert (refused.value.due, refused.value.paid) == (DUE, paid)


def test_a_payment_lies_not_after_today():
    demand_past(TODAY, TODAY)
    with pytest.raises(PaidAfterToday):
        demand_past(date(2026, 3, 11), TODAY)
