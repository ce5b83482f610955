"""The files of photos in the folder store, and the links to them. Links live by the real clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from chassis.uploads.folder import FolderStore
from chassis.uploads.links import Claims, signed_url

from visit.visits.evidence import File

LINK_LIFE = timedelta(hours=1)
PICTURES = "image/*"


class PhotoFiles:
    """The folder store behind the files process.

    Args:
        folder: where the files lie.
        url: public address of the files process.
        key: signs the links.
    """

    def __init__(self, folder: Path, url: str, key: bytes) -> None:
        self._store = FolderStore(folder)
        self._url = url
        self._key = key

    def upload_link(self, photo_id: str, size_bytes: int, expires_at: datetime) -> str:
        """Return a link to PUT a picture of at most this size to."""
        return self._link(photo_id, "PUT", size_bytes, PICTURES, expires_at)

    def download_link(self, photo_id: str) -> str:
        """Return a link to the picture, good for an hour; empty until it has arrived."""
        kind = self._kind(photo_id)
        return self._link(photo_id, "GET", 0, kind, datetime.now(UTC) + LINK_LIFE) if kind else ""

    def inspect(self, photo_id: str) -> File | None:
        """Return what has arrived for a photo; None unless it is a whole picture."""
        kind, size = self._kind(photo_id), self._store.stat(_key(photo_id))
        if kind is None or size is None:
            return None
        return File(size, self._store.sha256(_key(photo_id)), kind)

    def _kind(self, photo_id: str) -> str | None:
        if self._store.stat(_key(photo_id)) is None:
            return None
        kind = self._store.content_type(_key(photo_id))
        return kind if kind and kind.startswith("image/") else None

    def _link(
        self,
        photo_id: str,
        method: Literal["PUT", "GET"],
        max_bytes: int,
        content_type: str,
        expires_at: datetime,
    ) -> str:
        claims = Claims(
            object_key=_key(photo_id),
            method=method,
            max_bytes=max_bytes,
            content_type=content_type,
            expires=int(expires_at.timestamp()),
        )
        return signed_url(self._url, self._key, claims)


def _key(photo_id: str) -> str:
    return f"photos/{photo_id}"
