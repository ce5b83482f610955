"""What can be wrong with the ledger beside its seals, and how it is found. Pure.

Rows are as `verification` reads them, each stretch from one snapshot of the database.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chassis.sealing import Finding
from chassis.sealing import Wrong as SealWrong

from marketing_resources.ledger.rules import Balances, Kind, Movement, Overdrawn, Standing

_LARGEST_POSITION = 2**63 - 1


class Wrong(StrEnum):
    """What is wrong with an entry or a budget besides what is wrong with seals."""

    UNBALANCED = "UNBALANCED"
    BUDGET_DIFFERS = "BUDGET_DIFFERS"


class Phase(StrEnum):
    """What a stretch of the proof goes through, in this order."""

    SEALS = "seals"
    ENTRIES = "entries"
    BUDGETS = "budgets"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the proof goes on: behind a position, or behind an id. Empty: at the beginning of the phase."""

    phase: Phase = Phase.SEALS
    after: str = ""

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Return the cursor that was written as `text`. Raises ValueError."""
        name, _, after = text.partition(":")
        phase = Phase(name)
        if after and phase is Phase.SEALS:
            return cls(phase, str(_position(after)))
        return cls(phase, str(uuid.UUID(after)) if after else "")

    def __str__(self) -> str:
        return f"{self.phase}:{self.after}"


def _position(text: str) -> int:
    position = int(text)
    if not 0 <= position <= _LARGEST_POSITION:
        raise ValueError(text)
    return position


def broken_entries(rows: Iterable[Any]) -> Iterator[Finding]:
    """Yield what is wrong with entries, each read with the one before it on its budget.

    `has_budget` is looked up at the first entry of a budget, so that one that is gone is found once.
    """
    for row in rows:
        if row.position is None and not row.waits:
            yield Finding(SealWrong.INSERTED, row.id)
        if not _continues(row):
            yield Finding(Wrong.UNBALANCED, row.id, row.position or 0)
        if not row.has_budget:
            yield Finding(Wrong.BUDGET_DIFFERS, row.budget_id)


def _continues(row: Any) -> bool:
    if row.sequence == 1:
        opening = Standing(0, Balances(), row.currency)
    elif row.before_sequence is None:
        return False
    else:
        balances = Balances(row.before_available, row.before_reserved, row.before_committed, row.before_paid)
        opening = Standing(row.before_sequence, balances, row.before_currency)
    try:
        kind = Kind(row.kind)
        closing = opening.after(Movement(kind=kind, budget_id=row.budget_id, amount=row.amount))
    except (Overdrawn, ValueError):
        return False
    balances = Balances(row.available, row.reserved, row.committed, row.paid)
    return closing == Standing(row.sequence, balances, row.currency)


def differing_budgets(rows: Iterable[Any]) -> Iterator[Finding]:
    """Yield the budgets that do not show what their last entry says."""
    return (Finding(Wrong.BUDGET_DIFFERS, row.id) for row in rows if not row.agrees)
