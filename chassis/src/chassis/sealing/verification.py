"""Proves seals, stretch by stretch.

A stretch is one statement and so one snapshot: beside writers and the sealer it never sees half of what they
did. Everything is read from the tables; nothing is believed that was worked out before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain as chained
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, text

from chassis.sealing.chain import Chain
from chassis.sealing.proof import Finding, Wrong, broken_seals

MOST_FINDINGS = 100
_OVERLAP = 2  # seals that stretches share; see broken_seals
_MOST_COUNTED = 10_000
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Stretch(Generic[Place]):
    """What was proven: how many entries, what is wrong (at most MOST_FINDINGS), and where to go on."""

    entry_count: int
    findings: list[Finding]
    following: Place | None


def prove_seals(connection: Connection, chain: Chain, after: int, size: int) -> Stretch[int]:
    """Prove about `size` seals behind position `after`; at the head nothing follows.

    The connection is in no transaction. No entry is counted: whether each has a seal is for the service to
    prove, by walking the entries.
    """
    astray = [] if after else _astray(connection, chain)
    rows = connection.execute(_seals(chain), {"after": after, "size": size}).all()
    if not rows:
        return Stretch(0, [*astray, Finding(Wrong.REMOVED)], None)
    seals = [row for row in rows if row.position is not None]
    at_head = len(seals) < size + _OVERLAP
    found = broken_seals(chain, seals, after, rows[0], at_head=at_head)
    return Stretch(0, first(chained(astray, found)), None if at_head else seals[-1].position)


def state(connection: Connection, chain: Chain) -> Row[Any]:
    """Return `unsealed_count`, at most 10,000, and `head_position` and `head_hash`."""
    name = chain.name
    query = (
        f"SELECT (SELECT count(*) FROM (SELECT FROM {name}_unsealed LIMIT {_MOST_COUNTED}) waiting)"  # noqa: S608
        f" AS unsealed_count, coalesce((SELECT position FROM {name}_head), 0) AS head_position,"
        f" coalesce((SELECT hash FROM {name}_head), '') AS head_hash"
    )
    return connection.execute(text(query)).one()


def first(findings: Iterable[Finding]) -> list[Finding]:
    """Return as many findings as a stretch may have."""
    return list(islice(findings, MOST_FINDINGS))


def _seals(chain: Chain) -> Any:
    # The names are constants of the program.
    return text(f"""
        SELECT head.position AS head_position, head.hash AS head_hash,
               seal.position, seal.entry_id::text, seal.hash, {chain.aged} AS aged, {chain.sealed}
        FROM {chain.name}_head head
        LEFT JOIN LATERAL (
            SELECT * FROM {chain.name}_seals
            WHERE position BETWEEN greatest(1, :after - {_OVERLAP - 1}) AND head.position
            ORDER BY position LIMIT :size + {_OVERLAP}
        ) seal ON true
        LEFT JOIN {chain.entries} entry ON {chain.join("seal")}
        ORDER BY seal.position
    """)  # noqa: S608


def _astray(connection: Connection, chain: Chain) -> list[Finding]:
    """Return what no walk along the chain comes by."""
    query = text(f"""
        (SELECT 'INSERTED' AS kind, seal.entry_id::text AS id, seal.position
         FROM {chain.name}_head head
         JOIN {chain.name}_seals seal ON seal.position > head.position LIMIT :most)
        UNION ALL
        (SELECT 'INSERTED', entry_id::text, position FROM {chain.name}_seals WHERE position < 1 LIMIT :most)
        UNION ALL
        (SELECT 'REMOVED', waiting.entry_id::text, 0 FROM {chain.name}_unsealed waiting
         WHERE NOT EXISTS (SELECT FROM {chain.entries} entry WHERE {chain.join("waiting")}) LIMIT :most)
    """)  # noqa: S608
    found = connection.execute(query, {"most": MOST_FINDINGS})
    return [Finding(Wrong(row.kind), row.id, row.position) for row in found]
