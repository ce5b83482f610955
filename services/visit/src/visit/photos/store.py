"""Keeps photos; their files lie in the folder store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from visit.photos.rules import Photo
from visit.photos.tables import photos
from visit.visits.evidence import File
from visit.visits.rules import PhotoKind, VisitState
from visit.visits.tables import visits


def add(connection: Connection, photo: Photo, at: datetime) -> None:
    """Keep a new photo."""
    values = {
        "id": photo.id,
        "visit_id": photo.visit_id,
        "kind": photo.kind,
        "captured_at": photo.captured_at,
        "size_bytes": photo.size_bytes,
        "upload_expires_at": photo.upload_expires_at,
        "created_at": at,
    }
    connection.execute(insert(photos).values(values))


def find(connection: Connection, photo_id: str) -> Photo | None:
    row = connection.execute(select(photos).where(photos.c.id == photo_id)).one_or_none()
    return _photo(row) if row else None


def of_visit(connection: Connection, visit_id: str) -> Sequence[Photo]:
    """Return the photos of a visit, oldest first."""
    query = select(photos).where(photos.c.visit_id == visit_id).order_by(photos.c.id)
    return [_photo(row) for row in connection.execute(query)]


def ids_in_progress(connection: Connection, visit_id: str, user_id: str) -> Sequence[str]:
    """Return the photos of a visit; none unless it is the person's and in progress."""
    query = (
        select(photos.c.id)
        .join(visits, visits.c.id == photos.c.visit_id)
        .where(visits.c.id == visit_id, visits.c.user_id == user_id, visits.c.state == VisitState.IN_PROGRESS)
    )
    return connection.execute(query).scalars().all()


def settle(connection: Connection, visit_id: str, files: Mapping[str, File]) -> None:
    """Keep what the files of a visit's photos are, and drop the photos that never arrived."""
    missing = photos.c.id.not_in(list(files))
    connection.execute(delete(photos).where(photos.c.visit_id == visit_id, missing))
    for photo_id, file in files.items():
        values = {
            "size_bytes": file.size_bytes,
            "sha256": file.sha256,
            "content_type": file.content_type,
        }
        connection.execute(update(photos).where(photos.c.id == photo_id).values(values))


def _photo(row: Row[Any]) -> Photo:
    return Photo(
        id=row.id,
        visit_id=row.visit_id,
        kind=PhotoKind(row.kind),
        captured_at=row.captured_at,
        size_bytes=row.size_bytes,
        upload_expires_at=row.upload_expires_at,
        content_type=row.content_type,
        sha256=row.sha256,
    )
