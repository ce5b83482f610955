"""How money moves inside a budget: double entry between its accounts. Pure. Amounts are minor units."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chassis.money import Money


class Account(StrEnum):
    """Where the money of a budget is. GRANTED is where it comes from: minus the sum of all others."""

    GRANTED = "granted"
    AVAILABLE = "available"
    RESERVED = "reserved"
    COMMITTED = "committed"
    PAID = "paid"


class Kind(StrEnum):
    """Why money moves."""

    GRANT = "GRANT"
    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    COMMIT = "COMMIT"
    PAY = "PAY"


MOVES: Mapping[Kind, tuple[Account, Account]] = {
    Kind.GRANT: (Account.GRANTED, Account.AVAILABLE),
    Kind.RESERVE: (Account.AVAILABLE, Account.RESERVED),
    Kind.RELEASE: (Account.RESERVED, Account.AVAILABLE),
    Kind.COMMIT: (Account.RESERVED, Account.COMMITTED),
    Kind.PAY: (Account.COMMITTED, Account.PAID),
}


class Overdrawn(Exception):
    """An account would fall below zero."""

    def __init__(self, account: Account, balance: int) -> None:
        super().__init__(account)
        self.account = account
        self.balance = balance


@dataclass(frozen=True, slots=True)
class Balances:
    """What is on the accounts of a budget; none is ever below zero."""

    available: int = 0
    reserved: int = 0
    committed: int = 0
    paid: int = 0

    def after(self, kind: Kind, amount: int) -> "Balances":
        """Return the balances after a movement. Raises Overdrawn; ValueError for an amount not above zero."""
        if amount <= 0:
            raise ValueError(amount)
        source, target = MOVES[kind]
        moved = {target.value: getattr(self, target) + amount}
        if source is not Account.GRANTED:
            balance = getattr(self, source)
            if balance < amount:
                raise Overdrawn(source, balance)
            moved[source.value] = balance - amount
        return replace(self, **moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that is to move inside a budget, for an item of a plan unless it is a grant."""

    kind: Kind
    budget_id: str
    amount: int
    spend_plan_id: str | None = None
    spend_plan_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a budget stands after its entry number `sequence`."""

    sequence: int
    balances: Balances
    currency: str

    def after(self, movement: Movement) -> "Standing":
        """Return where it stands after one more entry. Raises Overdrawn."""
        moved = self.balances.after(movement.kind, movement.amount)
        return replace(self, sequence=self.sequence + 1, balances=moved)


class BudgetExceeded(Exception):
    """A budget has less available than is asked of it."""

    def __init__(self, budget_id: str, available: Money, wanted: Money) -> None:
        super().__init__(budget_id)
        self.budget_id = budget_id
        self.available = available
        self.wanted = wanted


def demand_available(standings: Mapping[str, Standing], movements: Sequence[Movement]) -> None:
    """Raise BudgetExceeded when a budget has not what all reservations together ask of it."""
    wanted = Counter[str]()
    for movement in movements:
        if movement.kind is Kind.RESERVE:
            wanted[movement.budget_id] += movement.amount
    for budget_id, amount in wanted.items():
        standing = standings[budget_id]
        if amount > standing.balances.available:
            available = Money(standing.balances.available, standing.currency)
            raise BudgetExceeded(budget_id, available, Money(amount, standing.currency))
