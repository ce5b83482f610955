"""Proves the audit log, stretch by stretch: its seals, then its entries, then what reviews say of it.

What holds for chassis.sealing holds for all three: a stretch is one statement, and nothing is believed that
was worked out before.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.sealing import Finding, Stretch, Wrong, first, prove_seals
from sqlalchemy import Connection, Row, text

from gateway.identity.audit_log.chain import AUDIT_LOG

DEFAULT_SIZE = 1000
LARGEST_SIZE = 5000
_LARGEST_POSITION = 2**63 - 1

_ENTRIES = f"""
    SELECT entry.id::text, entry.occurred_at,
           seal.position IS NOT NULL OR waiting.entry_id IS NOT NULL AS known
    FROM (SELECT id, occurred_at FROM audit_log WHERE {{condition}}
          ORDER BY occurred_at, id LIMIT :size) entry
    LEFT JOIN audit_seals seal ON {AUDIT_LOG.join("seal")}
    LEFT JOIN audit_unsealed waiting ON {AUDIT_LOG.join("waiting")}
    ORDER BY entry.occurred_at, entry.id
"""  # noqa: S608 - names of columns
_REVIEWS = """
    SELECT review.id::text, review.position,
           review.position = 0 OR seal.hash IS NOT DISTINCT FROM review.hash AS agrees
    FROM (SELECT * FROM audit_reviews WHERE {condition} ORDER BY id LIMIT :size) review
    LEFT JOIN audit_seals seal ON seal.position = review.position
    ORDER BY review.id
"""


class ReviewWrong(StrEnum):
    """What is wrong with a review besides what is wrong with seals."""

    REVIEW_DIFFERS = "REVIEW_DIFFERS"


class Phase(StrEnum):
    """What a stretch of the proof goes through, in this order."""

    SEALS = "seals"
    ENTRIES = "entries"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the proof goes on: behind a position, an entry's time and id, or an id. Empty: at first."""

    phase: Phase = Phase.SEALS
    after: str = ""

    @classmethod
    def parse(cls, written: str) -> "Cursor":
        """Return the cursor that was written so. Raises ValueError."""
        name, _, after = written.partition(":")
        phase = Phase(name)
        return cls(phase, _READERS[phase](after) if after else "")

    def __str__(self) -> str:
        return f"{self.phase}:{self.after}"


def prove(connection: Connection, cursor: Cursor, size: int) -> Stretch[Cursor]:
    """Prove about `size` seals, entries or reviews. The connection is in no transaction."""
    match cursor.phase:
        case Phase.SEALS:
            proven = prove_seals(connection, AUDIT_LOG, int(cursor.after or 0), size)
            place = Cursor(Phase.SEALS, str(proven.following)) if proven.following else Cursor(Phase.ENTRIES)
            return Stretch(0, proven.findings, place)
        case Phase.ENTRIES:
            return _prove_entries(connection, cursor, size)
        case Phase.REVIEWS:
            return _prove_reviews(connection, cursor, size)


def prove_next(connection: Connection, cursor: Cursor | None) -> Stretch[Cursor]:
    """Prove a large stretch at a place, or the first one."""
    return prove(connection, cursor or Cursor(), LARGEST_SIZE)


def prove_all(connection: Connection) -> Iterator[Stretch[Cursor]]:
    """Prove the whole log."""
    cursor: Cursor | None = Cursor()
    while cursor:
        stretch = prove_next(connection, cursor)
        yield stretch
        cursor = stretch.following


def _prove_entries(connection: Connection, cursor: Cursor, size: int) -> Stretch[Cursor]:
    at, _, id_ = cursor.after.partition("|")
    values = {"at": at, "id": id_} if cursor.after else {}
    condition = "(occurred_at, id) > (CAST(:at AS timestamptz), CAST(:id AS uuid))"
    rows = _rows(connection, _ENTRIES, condition, values, size)
    wrong = (Finding(Wrong.INSERTED, row.id) for row in rows if not row.known)
    last = Cursor(Phase.ENTRIES, f"{rows[-1].occurred_at.isoformat()}|{rows[-1].id}") if rows else None
    return Stretch(len(rows), first(wrong), last if len(rows) == size else Cursor(Phase.REVIEWS))


def _prove_reviews(connection: Connection, cursor: Cursor, size: int) -> Stretch[Cursor]:
    values = {"id": cursor.after} if cursor.after else {}
    rows = _rows(connection, _REVIEWS, "id > CAST(:id AS uuid)", values, size)
    differing = [row for row in rows if not row.agrees]
    wrong = (Finding(ReviewWrong.REVIEW_DIFFERS, row.id, row.position) for row in differing)
    return Stretch(0, first(wrong), Cursor(Phase.REVIEWS, rows[-1].id) if len(rows) == size else None)


def _rows(
    connection: Connection, query: str, condition: str, values: dict[str, str], size: int
) -> Sequence[Row[Any]]:
    statement = text(query.format(condition=condition if values else "true"))
    return connection.execute(statement, {**values, "size": size}).all()


def _position(written: str) -> str:
    if not 0 <= int(written) <= _LARGEST_POSITION:
        raise ValueError(written)
    return str(int(written))


def _place(written: str) -> str:
    at, _, id_ = written.partition("|")
    if datetime.fromisoformat(at).tzinfo is None:
        raise ValueError(written)
    return f"{datetime.fromisoformat(at).isoformat()}|{uuid.UUID(id_)}"


def _id(written: str) -> str:
    return str(uuid.UUID(written))


_READERS = {Phase.SEALS: _position, Phase.ENTRIES: _place, Phase.REVIEWS: _id}
