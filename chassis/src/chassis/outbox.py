"""The outbox: events are rows of the transaction that made them true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from sqlalchemy import Connection, text

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


_INSERT = text(
    "INSERT INTO outbox"
    " (id, type, subject, aggregate_version, occurred_at, recorded_at, data, trace_parent)"
    " VALUES (:id, :type, :subject, :version, :occurred_at, :recorded_at, :data, :trace_parent)"
)


def append(connection: Connection, facts: Sequence[Fact], at: datetime, trace_parent: str = "") -> None:
    """Write facts that happened at business time `at` into the transaction."""
    if not facts:
        return
    now = datetime.now(UTC)
    rows = [
        {
            "id": new_id(),
            "type": fact.type,
            "subject": fact.subject,
            "version": fact.version,
            "occurred_at": at,
            "recorded_at": now,
            "data": _packed(fact.data),
            "trace_parent": trace_parent,
        }
        for fact in facts
    ]
    connection.execute(_INSERT, rows)


def _packed(message: Message) -> bytes:
    packed = Any()
    packed.Pack(message)
    return packed.SerializeToString()
