"""Imports in the database. How far one is, its operation remembers."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, text

from gateway.identity.user_imports.tables import uploads

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
