"""What can be wrong with the ledger, and how it is found. Pure.

Rows are as `verification` reads them, each stretch from one snapshot of the database.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marketing_resources.ledger.chain import seal
from marketing_resources.ledger.rules import Balances, Kind, Movement, Overdrawn, Standing

_LARGEST_POSITION = 2**63 - 1


class Wrong(StrEnum):
    """What is wrong with an entry or a budget."""

    CHANGED = "CHANGED"
    REMOVED = "REMOVED"
    INSERTED = "INSERTED"
    UNBALANCED = "UNBALANCED"
    BUDGET_DIFFERS = "BUDGET_DIFFERS"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the id of the entry or budget where one is left, and the position sealed."""

    kind: Wrong
    id: str = ""
    position: int = 0


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


def broken_seals(rows: Sequence[Any], after: int, head: Any, *, at_head: bool) -> Iterator[Finding]:
    """Yield what is wrong with the seals behind position `after`.

    Each hash is compared with one made from the stored hash before it, so that one change is found once and
    not in everything behind it.

    Args:
        rows: the seals with their entries (`id` None: there is none), by position. They begin two positions
            earlier than they are judged: a changed hash is known by its own predecessor.
        after: the last position that was judged before.
        head: `head_position` and `head_hash`.
        at_head: whether `rows` reach the last seal.
    """
    position = 0
    hashes: tuple[bytes, ...] = (b"",)
    for row in rows:
        if row.position != position + 1:
            hashes = ()  # the seal before is gone, and with it what this one could be compared with
        made = [seal(before, row.position, row) for before in hashes] if row.id else []
        if row.position > after:
            yield from _gone(max(position, after), row.position)
            if row.id is None:
                yield Finding(Wrong.REMOVED, row.entry_id, row.position)
            elif made and row.hash not in made:
                yield Finding(Wrong.CHANGED, row.id, row.position)
        position, hashes = row.position, _comparable(row.hash, made)
    if at_head:
        yield from _gone(max(position, after), head.head_position + 1)
        if position == head.head_position and head.head_hash not in hashes:
            yield Finding(Wrong.CHANGED, rows[-1].entry_id if rows else "", position)


def _gone(before: int, behind: int) -> Iterator[Finding]:
    for position in range(before + 1, behind):
        yield Finding(Wrong.REMOVED, position=position)


def _comparable(stored: bytes, made: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the hashes that the next seal may stand on: after a change, the one that should be there too."""
    return (stored,) if stored in made else (stored, *made[:1])


def broken_entries(rows: Iterable[Any]) -> Iterator[Finding]:
    """Yield what is wrong with entries, each read with the one before it on its budget.

    `has_budget` is looked up at the first entry of a budget, so that one that is gone is found once.
    """
    for row in rows:
        if row.position is None and not row.waits:
            yield Finding(Wrong.INSERTED, row.id)
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
