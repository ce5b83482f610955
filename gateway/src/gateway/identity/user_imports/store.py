"""Imports in the database. How far one is, its operation remembers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, text

from gateway.identity.user_imports.rejects import Reject
from gateway.identity.user_imports.tables import rejects, uploads

_PROGRESS = text("SELECT done, counts FROM operations WHERE id = :id FOR UPDATE")


def add_upload(connection: Connection, values: Mapping[str, Any]) -> None:
    """Remember whose upload it is."""
    connection.execute(insert(uploads).values(values))


def object_key_of(connection: Connection, upload_id: str, subject: str) -> str | None:
    """Return where the upload of this caller lies, or None when the caller has no such upload."""
    query = select(uploads.c.object_key).where(uploads.c.id == upload_id, uploads.c.subject == subject)
    return connection.execute(query).scalar()


def progress_of(connection: Connection, operation_id: str) -> "tuple[int, Counter[str]]":
    """Return how many rows are done with, and what became of them; another worker waits until we commit."""
    row = connection.execute(_PROGRESS, {"id": operation_id}).one()
    return row.done, Counter(row.counts)


def add_rejects(connection: Connection, operation_id: str, refused: Mapping[int, Sequence[Reject]]) -> None:
    """Remember what was wrong with which rows."""
    rows = [
        {
            "operation_id": operation_id,
            "row_number": number,
            "problem": problem,
            "reason": reject.reason,
            "column_name": reject.column,
            "message": reject.message,
        }
        for number, found in refused.items()
        for problem, reject in enumerate(found)
    ]
    if rows:
        connection.execute(insert(rejects), rows)


def rejects_in_order(connection: Connection, operation_id: str) -> Iterator[tuple[int, str, str, str]]:
    """Return row, reason, column and message of everything that was refused, by row."""
    query = (
        select(rejects.c.row_number, rejects.c.reason, rejects.c.column_name, rejects.c.message)
        .where(rejects.c.operation_id == operation_id)
        .order_by(rejects.c.row_number, rejects.c.problem)
    )
    return (tuple(row) for row in connection.execute(query))
