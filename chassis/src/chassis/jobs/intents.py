"""Job intents: what is owed. Redis may be emptied; a sweeper puts owed work back into the queue."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from chassis.identifiers import new_id

VISIBILITY_SECONDS = 30

_INSERT = text(
    "INSERT INTO job_intents (id, kind, payload, created_at, run_after)"
    " VALUES (:id, :kind, CAST(:payload AS jsonb), :at, :at)"
)
_DUE = text(
    "UPDATE job_intents SET run_after = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE id IN (SELECT id FROM job_intents WHERE run_after <= clock_timestamp()"
    "  ORDER BY run_after LIMIT 20 FOR UPDATE SKIP LOCKED) RETURNING id::text"
)
_BEGIN = text(
    "UPDATE job_intents SET run_after = clock_timestamp() + make_interval(secs => :seconds),"
    " attempts = attempts + 1 WHERE id = :id RETURNING kind, payload, attempts"
)
_HIDE = text(
    "UPDATE job_intents SET run_after = clock_timestamp() + make_interval(secs => :seconds) WHERE id = :id"
)
_POSTPONE = text(
    "UPDATE job_intents SET run_after = clock_timestamp() + make_interval(secs => :seconds),"
    " attempts = attempts - 1 WHERE id = :id"
)
_DELETE = text("DELETE FROM job_intents WHERE id = :id")


def enqueue(connection: Connection, kind: str, payload: Mapping[str, Any]) -> str:
    """Owe a job from the moment the transaction commits. Returns the intent's id."""
    intent_id = new_id()
    values = {
        "id": intent_id,
        "kind": kind,
        "payload": orjson.dumps(payload).decode(),
        "at": datetime.now(UTC),
    }
    connection.execute(_INSERT, values)
    return intent_id


def take_due(connection: Connection) -> Sequence[str]:
    """Return the ids of due intents and hide them for thirty seconds, the time a worker has to begin."""
    return [row[0] for row in connection.execute(_DUE, {"seconds": VISIBILITY_SECONDS})]


def begin(connection: Connection, intent_id: str) -> tuple[str, dict[str, Any], int] | None:
    """Count an attempt and return kind, payload and attempts, or None when the job has been done.

    Counted before the work: work that kills its process could not count it afterwards.
    """
    row = connection.execute(_BEGIN, {"id": intent_id, "seconds": VISIBILITY_SECONDS}).first()
    return (row[0], row[1], row[2]) if row else None


def hide(connection: Connection, intent_id: str, seconds: float) -> None:
    """Keep the sweeper away for `seconds`: a heartbeat, or the pause after a failed attempt."""
    connection.execute(_HIDE, {"id": intent_id, "seconds": seconds})


def postpone(connection: Connection, intent_id: str, seconds: float) -> None:
    """Keep the sweeper away for `seconds` and forget the attempt: it was not the work that failed."""
    connection.execute(_POSTPONE, {"id": intent_id, "seconds": seconds})


def delete(connection: Connection, intent_id: str) -> None:
    """Forget a job that is done or given up."""
    connection.execute(_DELETE, {"id": intent_id})
