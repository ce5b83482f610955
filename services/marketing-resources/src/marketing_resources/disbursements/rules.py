"""When a payment counts. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.money import Money


class State(StrEnum):
    PENDING = "PENDING"
    PAID = "PAID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What a payer says of a payment. The payer and their number of it name it for ever."""

    disbursement_id: str
    confirmed_by: str
    external_id: str
    amount: Money
    paid_on: date


class PaidAfterToday(Exception):
    """The day of the payment has not come yet."""


class ExternalIdUsed(Exception):
    """The payer's number stands for another payment."""


class DisbursementPaid(Exception):
    """Another payment has settled the disbursement."""


class AmountDiffers(Exception):
    """The payment is not the amount that is due."""

    def __init__(self, due: Money, paid: Money) -> None:
        super().__init__(due, paid)
        self.due = due
        self.paid = paid


def demand_past(paid_on: date, today: date) -> None:
    """Raise PaidAfterToday for a day that has not come yet."""
    if paid_on > today:
        raise PaidAfterToday


def is_new(payment: Payment, *, known: Payment | None, state: State, due: Money) -> bool:
    """Tell whether the payment is to be booked; False when it has been, for it happens once (R042).

    Args:
        payment: what the payer says.
        known: what the payer's number stands for already.
        state: where the disbursement stands.
        due: its amount.

    Raises ExternalIdUsed, DisbursementPaid, AmountDiffers.
    """
    if known == payment:
        return False
    if known:
        raise ExternalIdUsed
    if state is State.PAID:
        raise DisbursementPaid
    if payment.amount != due:
        raise AmountDiffers(due, payment.amount)
    return True
