"""Proves the ledger, stretch by stretch: its seals, then its entries, then the budgets.

A stretch is one statement and so one snapshot: beside writers and the sealer it never sees half of what they
did. Everything is read from the tables; nothing is believed that was worked out before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection, Row, text

from marketing_resources.ledger.proof import (
    Cursor,
    Finding,
    Phase,
    Wrong,
    broken_entries,
    broken_seals,
    differing_budgets,
)
from marketing_resources.ledger.sealing import SEALED

DEFAULT_SIZE = 1000
LARGEST_SIZE = 5000
MOST_FINDINGS = 100
_OVERLAP = 2  # seals that stretches share; see broken_seals

_SEALS = text(f"""
    SELECT head.position AS head_position, head.hash AS head_hash,
           seal.position, seal.entry_id::text, seal.hash, {SEALED}
    FROM ledger_head head
    LEFT JOIN LATERAL (
        SELECT * FROM ledger_seals
        WHERE position BETWEEN greatest(1, :after - {_OVERLAP - 1}) AND head.position
        ORDER BY position LIMIT :size + {_OVERLAP}
    ) seal ON true
    LEFT JOIN ledger_entries entry ON entry.id = seal.entry_id
    ORDER BY seal.position
""")  # noqa: S608 - a list of columns
# What no walk along the chain comes by.
_ASTRAY = text("""
    (SELECT 'INSERTED' AS kind, seal.entry_id::text AS id, seal.position
     FROM ledger_head head JOIN ledger_seals seal ON seal.position > head.position LIMIT :most)
    UNION ALL
    (SELECT 'INSERTED', entry_id::text, position FROM ledger_seals WHERE position < 1 LIMIT :most)
    UNION ALL
    (SELECT 'REMOVED', entry_id::text, 0 FROM ledger_unsealed
     WHERE NOT EXISTS (SELECT FROM ledger_entries WHERE id = entry_id) LIMIT :most)
""")
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
_STATE = text("""
    SELECT (SELECT count(*) FROM (SELECT FROM ledger_unsealed LIMIT 10000) waiting) AS unsealed_count,
           coalesce((SELECT position FROM ledger_head), 0) AS head_position
""")


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was proven: the number of entries, what is wrong (at most MOST_FINDINGS), and where to go on."""

    entry_count: int
    findings: list[Finding]
    following: Cursor | None


def prove(connection: Connection, cursor: Cursor, size: int) -> Stretch:
    """Prove about `size` seals, entries or budgets. The connection is in no transaction."""
    match cursor.phase:
        case Phase.SEALS:
            return _prove_seals(connection, cursor, size)
        case Phase.ENTRIES:
            rows = _behind(connection, _ENTRIES, cursor, size)
            following = _following(cursor, rows, size) or Cursor(Phase.BUDGETS)
            return Stretch(len(rows), _first(broken_entries(rows)), following)
        case Phase.BUDGETS:
            rows = _behind(connection, _BUDGETS, cursor, size)
            return Stretch(0, _first(differing_budgets(rows)), _following(cursor, rows, size))


def prove_all(connection: Connection) -> Iterator[Stretch]:
    """Prove the whole ledger."""
    cursor: Cursor | None = Cursor()
    while cursor:
        stretch = prove(connection, cursor, LARGEST_SIZE)
        yield stretch
        cursor = stretch.following


def state(connection: Connection) -> Row[Any]:
    """Return `unsealed_count`, at most 10,000, and `head_position`."""
    return connection.execute(_STATE).one()


def _prove_seals(connection: Connection, cursor: Cursor, size: int) -> Stretch:
    after = int(cursor.after or 0)
    astray = [] if cursor.after else _astray(connection)
    rows = connection.execute(_SEALS, {"after": after, "size": size}).all()
    if not rows:
        return Stretch(0, [*astray, Finding(Wrong.REMOVED)], Cursor(Phase.ENTRIES))
    seals = [row for row in rows if row.position is not None]
    at_head = len(seals) < size + _OVERLAP
    findings = _first(chain(astray, broken_seals(seals, after, rows[0], at_head=at_head)))
    following = Cursor(Phase.ENTRIES) if at_head else Cursor(Phase.SEALS, str(seals[-1].position))
    return Stretch(0, findings, following)


def _astray(connection: Connection) -> list[Finding]:
    found = connection.execute(_ASTRAY, {"most": MOST_FINDINGS})
    return [Finding(Wrong(row.kind), row.id, row.position) for row in found]


def _behind(connection: Connection, query: str, cursor: Cursor, size: int) -> Sequence[Row[Any]]:
    condition = "id > CAST(:after AS uuid)" if cursor.after else "true"
    values = {"size": size} | ({"after": cursor.after} if cursor.after else {})
    return connection.execute(text(query.format(condition=condition)), values).all()


def _following(cursor: Cursor, rows: Sequence[Row[Any]], size: int) -> Cursor | None:
    return Cursor(cursor.phase, rows[-1].id) if len(rows) == size else None


def _first(findings: Iterable[Finding]) -> list[Finding]:
    return list(islice(findings, MOST_FINDINGS))
