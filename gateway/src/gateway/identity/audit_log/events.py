"""Takes the audit events of every service into the log."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
from chassis.database import Database
from chassis.database.partitions import ensure_months
from chassis.events import Received, Subscription
from journeyman.audit.v1.events_pb2 import AuditRecorded
from sqlalchemy import Connection, text

CONSUMER = "audit-log"
MONTHS_AHEAD = 3
_TABLE = "audit_log"

# An event may come again when a feed is read anew; what was dropped for its age stays away then.
_ADD = text("""
    WITH added AS (
        INSERT INTO audit_log
        SELECT given.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
            id uuid, occurred_at timestamptz, recorded_at timestamptz, service text, caller text,
            caller_unit_id uuid, on_behalf_of text, method text, resource text, changed_fields text[],
            request_id text)
        WHERE given.occurred_at >= coalesce((SELECT max(kept_from) FROM audit_retention), '-infinity')
        ON CONFLICT DO NOTHING
        RETURNING id, occurred_at
    )
    INSERT INTO audit_unsealed (entry_id, occurred_at) SELECT id, occurred_at FROM added
""")


def subscriptions(sources: Iterable[str]) -> Sequence[Subscription[AuditRecorded]]:
    """Return the subscriptions that fill the log from these services."""
    return [Subscription(CONSUMER, source, (AuditRecorded,), apply) for source in sources]


def apply(connection: Connection, received: Sequence[Received[AuditRecorded]]) -> None:
    """Add these writes, each once."""
    now = datetime.now(UTC)
    rows = [_row(item, now) for item in received]
    # First of all: who makes a partition waits for the other writers, who must not wait for this one.
    for month in sorted({row["occurred_at"].date().replace(day=1) for row in rows}):
        ensure_months(connection, _TABLE, month, 1)
    connection.execute(_ADD, {"rows": orjson.dumps(rows).decode()})


def make_months(database: Database, today: date) -> None:
    """Make the partitions of this month and the next ones."""
    with database.begin() as connection:
        ensure_months(connection, _TABLE, today, MONTHS_AHEAD)


def _row(received: Received[AuditRecorded], now: datetime) -> dict[str, Any]:
    event, data = received.event, received.data
    return {
        "id": event.id,
        "occurred_at": event.time.ToDatetime(UTC),
        "recorded_at": now,
        "service": event.source.removeprefix("journeyman."),
        "caller": data.caller,
        "caller_unit_id": data.caller_unit_id or None,
        "on_behalf_of": data.on_behalf_of,
        "method": data.method,
        "resource": data.resource,
        "changed_fields": list(data.changed_fields),
        "request_id": data.request_id,
    }
