"""Operations in the service's database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from chassis.identifiers import new_id

_CREATE = text(
    "INSERT INTO operations (id, kind, subject, state, created_at, updated_at)"
    " VALUES (:id, :kind, :subject, 'PENDING', :at, :at)"
)
_UPDATE = (
    "UPDATE operations SET state = :state, updated_at = :at{extra}"
    " WHERE id = :id AND state NOT IN ('SUCCEEDED', 'FAILED')"
)
_START = text(_UPDATE.format(extra=", total = :total"))
_PROGRESS = text(_UPDATE.format(extra=", done = :done, counts = CAST(:counts AS jsonb)"))
_SUCCEED = text(_UPDATE.format(extra=", result_key = :result_key"))
_FAIL = text(_UPDATE.format(extra=", error_reason = :reason, result_key = :result_key"))
_FIND = text(
    "SELECT id::text, kind, state, done, total, counts, result_key, error_reason, created_at, updated_at"
    " FROM operations WHERE id = :id AND subject = :subject"
)


def operation_id(service: str, id_: str) -> str:
    """Return the public id of an operation, which carries its owner."""
    return f"{service}.{id_}"


def create(connection: Connection, kind: str, subject: str, at: datetime) -> str:
    """Accept an operation that `subject` started. Returns its id without the owner."""
    id_ = new_id()
    connection.execute(_CREATE, {"id": id_, "kind": kind, "subject": subject, "at": at})
    return id_


def start(connection: Connection, id_: str, total: int, at: datetime) -> None:
    """Say that a worker is on it and how much there is to do."""
    connection.execute(_START, {"id": id_, "state": "RUNNING", "total": total, "at": at})


def progress(connection: Connection, id_: str, done: int, counts: Mapping[str, int], at: datetime) -> None:
    """Say how far the work has come, in the transaction of the work itself."""
    values = {"id": id_, "state": "RUNNING", "done": done, "at": at, "counts": orjson.dumps(counts).decode()}
    connection.execute(_PROGRESS, values)


def succeed(connection: Connection, id_: str, at: datetime, result_key: str = "") -> None:
    """Say that the work is done; `result_key` names the result file in the folder store."""
    connection.execute(_SUCCEED, {"id": id_, "state": "SUCCEEDED", "result_key": result_key, "at": at})


def fail(connection: Connection, id_: str, reason: str, at: datetime, result_key: str = "") -> None:
    """Say that the work is given up, with a reason from docs/errors.md; a result file may tell more."""
    values = {"id": id_, "state": "FAILED", "reason": reason, "at": at, "result_key": result_key}
    connection.execute(_FAIL, values)


def find(connection: Connection, id_: str, subject: str) -> Any | None:
    """Return the row of an operation that `subject` started, or None."""
    return connection.execute(_FIND, {"id": id_, "subject": subject}).first()
