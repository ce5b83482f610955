"""Imports in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from customer.imports.tables import imports, uploads

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('customers.import'))")
_KNOWN = text(
    "SELECT c.fingerprint, c.unit_id::text FROM customers c"
    " JOIN unnest(CAST(:fingerprints AS bytea[]), CAST(:unit_ids AS uuid[])) AS given (fingerprint, unit_id)"
    " ON c.fingerprint = given.fingerprint AND c.unit_id = given.unit_id"
)


class ImportTakenOver(Exception):
    """Another worker has gone on with the import."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: the last row of the file that is done with, and what came of the rows."""

    last_row: int
    created: int
    rejected: int


def add_upload(
    connection: Connection,
    upload_id: str,
    *,
    subject: str,
    object_key: str,
    size_bytes: int,
    expires_at: datetime,
) -> None:
    """Remember whose upload it is."""
    values = {
        "id": upload_id,
        "subject": subject,
        "object_key": object_key,
        "size_bytes": size_bytes,
        "expires_at": expires_at,
    }
    connection.execute(insert(uploads).values(values))


def object_key_of(connection: Connection, upload_id: str, subject: str) -> str | None:
    """Return where the upload of this caller lies, or None when the caller has no such upload."""
    query = select(uploads.c.object_key).where(uploads.c.id == upload_id, uploads.c.subject == subject)
    return connection.execute(query).scalar()


def begin(connection: Connection, operation_id: str) -> None:
    connection.execute(insert(imports).values(operation_id=operation_id, last_row=0, created=0, rejected=0))


def progress_of(connection: Connection, operation_id: str) -> Progress:
    query = select(imports.c.last_row, imports.c.created, imports.c.rejected)
    return Progress(*connection.execute(query.where(imports.c.operation_id == operation_id)).one())


def advance(connection: Connection, operation_id: str, before: Progress, after: Progress) -> None:
    """Move the import on. Raises ImportTakenOver unless it stands where this worker left it."""
    statement = (
        update(imports)
        .where(imports.c.operation_id == operation_id, imports.c.last_row == before.last_row)
        .values(last_row=after.last_row, created=after.created, rejected=after.rejected)
    )
    if connection.execute(statement).rowcount != 1:
        raise ImportTakenOver


def known_among(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[tuple[bytes, str]]:
    """Return fingerprint and unit of those rows whose shop is a customer of the unit already.

    Other imports wait until this transaction ends, else two of one file would both find nothing.
    """
    connection.execute(_LOCK)
    asked = {
        "fingerprints": [row["fingerprint"] for row in rows],
        "unit_ids": [row["unit_id"] for row in rows],
    }
    return {(bytes(fingerprint), unit_id) for fingerprint, unit_id in connection.execute(_KNOWN, asked)}
