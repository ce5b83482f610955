"""Proves the ledger, stretch by stretch: its seals, then its entries, then the budgets.

What holds for chassis.sealing holds for all three: a stretch is one statement, and nothing is believed that
was worked out before.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from chassis.sealing import Stretch, first, prove_seals
from sqlalchemy import Connection, Row, text

from marketing_resources.ledger.chain import LEDGER
from marketing_resources.ledger.proof import Cursor, Phase, broken_entries, differing_budgets

DEFAULT_SIZE = 1000
LARGEST_SIZE = 5000

_ENTRIES = """
    SELECT entry.id::text, entry.budget_id::text, entry.sequence, entry.kind, entry.amount, entry.currency,
           entry.available, entry.reserved, entry.committed, entry.paid,
           before.sequence AS before_sequence, before.currency AS before_currency,
           before.available AS before_available, before.reserved AS before_reserved,
           before.committed AS before_committed, before.paid AS before_paid,
           seal.position, waiting.entry_id IS NOT NULL AS waits,
           entry.sequence <> 1 OR (SELECT true FROM budgets WHERE id = entry.budget_id) IS TRUE AS has_budget
    FROM (SELECT * FROM ledger_entries WHERE {condition} ORDER BY id LIMIT :size) entry
    LEFT JOIN ledger_entries before
        ON before.budget_id = entry.budget_id AND before.sequence = entry.sequence::bigint - 1
    LEFT JOIN ledger_seals seal ON seal.entry_id = entry.id
    LEFT JOIN ledger_unsealed waiting ON waiting.entry_id = entry.id
    ORDER BY entry.id
"""
_BUDGETS = """
    SELECT budget.id::text,
           (last.sequence, last.currency, last.available, last.reserved, last.committed, last.paid)
           IS NOT DISTINCT FROM (budget.sequence, budget.currency,
           budget.available, budget.reserved, budget.committed, budget.paid) AS agrees
    FROM (SELECT * FROM budgets WHERE {condition} ORDER BY id LIMIT :size) budget
    LEFT JOIN LATERAL (
        SELECT * FROM ledger_entries WHERE budget_id = budget.id ORDER BY sequence DESC LIMIT 1
    ) last ON true
    ORDER BY budget.id
"""


def prove(connection: Connection, cursor: Cursor, size: int) -> Stretch[Cursor]:
    """Prove about `size` seals, entries or budgets. The connection is in no transaction."""
    match cursor.phase:
        case Phase.SEALS:
            return _prove_seals(connection, cursor, size)
        case Phase.ENTRIES:
            rows = _behind(connection, _ENTRIES, cursor, size)
            following = _following(cursor, rows, size) or Cursor(Phase.BUDGETS)
            return Stretch(len(rows), first(broken_entries(rows)), following)
        case Phase.BUDGETS:
            rows = _behind(connection, _BUDGETS, cursor, size)
            return Stretch(0, first(differing_budgets(rows)), _following(cursor, rows, size))


def prove_next(connection: Connection, cursor: Cursor | None) -> Stretch[Cursor]:
    """Prove a large stretch at a place, or the first one."""
    return prove(connection, cursor or Cursor(), LARGEST_SIZE)


def prove_all(connection: Connection) -> Iterator[Stretch[Cursor]]:
    """Prove the whole ledger."""
    cursor: Cursor | None = Cursor()
    while cursor:
        stretch = prove_next(connection, cursor)
        yield stretch
        cursor = stretch.following


def _prove_seals(connection: Connection, cursor: Cursor, size: int) -> Stretch[Cursor]:
    proven = prove_seals(connection, LEDGER, int(cursor.after or 0), size)
    following = Cursor(Phase.SEALS, str(proven.following)) if proven.following else Cursor(Phase.ENTRIES)
    return Stretch(0, proven.findings, following)


def _behind(connection: Connection, query: str, cursor: Cursor, size: int) -> Sequence[Row[Any]]:
    condition = "id > CAST(:after AS uuid)" if cursor.after else "true"
    values = {"size": size} | ({"after": cursor.after} if cursor.after else {})
    return connection.execute(text(query.format(condition=condition)), values).all()


def _following(cursor: Cursor, rows: Sequence[Row[Any]], size: int) -> Cursor | None:
    return Cursor(cursor.phase, rows[-1].id) if len(rows) == size else None
