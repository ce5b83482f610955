"""The outbox: events are rows of the transaction that made them true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from sqlalchemy import Connection

from chassis.database.connections import driver
from chassis.database.writes import Write
from chassis.identifiers import new_id


@dataclass(frozen=True, slots=True)
class Fact:
    """An event before it is committed.

    Attributes:
        type: versioned past-tense name, `journeyman.visit.visit.completed.v1`.
        subject: id of the resource that the fact is about.
        version: version of the resource after the fact.
        data: a message of the service's `events.proto`.
    """

    type: str
    subject: str
    version: int
    data: Message


_INSERT = (
    "INSERT INTO outbox"
    " (id, type, subject, aggregate_version, occurred_at, recorded_at, data, trace_parent, audit) VALUES "
)
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


def append(connection: Connection, facts: Sequence[Fact], at: datetime, trace_parent: str = "") -> None:
    """Write facts that happened at business time `at` into the transaction."""
    rows = _rows(facts, at, trace_parent)
    with driver(connection).cursor() as cursor:
        cursor.executemany(f"{_INSERT}{_ROW}", rows)


def publication(facts: Sequence[Fact], audit: Fact, at: datetime, trace_parent: str) -> Write:
    """Return the write of a few facts that happened at business time `at`, and of who did it.

    The audit entry stands in the row of the first fact; the feed makes an event of each.
    """
    if facts:
        rows = _rows(facts, at, trace_parent)
        rows[0] = (*rows[0][:-1], _packed(audit.data))
    else:
        rows = _rows([audit], at, trace_parent)
    return Write(_INSERT + ", ".join([_ROW] * len(rows)), [value for row in rows for value in row])


def _rows(facts: Sequence[Fact], at: datetime, trace_parent: str) -> list[tuple[object, ...]]:
    now = datetime.now(UTC)
    return [
        (new_id(), fact.type, fact.subject, fact.version, at, now, _packed(fact.data), trace_parent, None)
        for fact in facts
    ]


def _packed(message: Message) -> bytes:
    packed = Any()
    packed.Pack(message)
    return packed.SerializeToString()
