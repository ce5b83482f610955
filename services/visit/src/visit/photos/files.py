"""The files of photos in the folder store, and the links to them."""

from datetime import datetime
from pathlib import Path

from chassis.uploads.folder import FolderStore
from chassis.uploads.links import LinkSigner

from visit.visits.evidence import File

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
        self._links = LinkSigner(url, key)

    def upload_link(self, photo_id: str, size_bytes: int, expires_at: datetime) -> str:
        """Return a link to PUT a picture of at most this size to."""
        return self._links.upload(_key(photo_id), size_bytes, PICTURES, expires_at)

    def download_link(self, photo_id: str) -> str:
        """Return a link to the picture, good for an hour; empty until it has arrived."""
        kind = self._kind(photo_id)
        return self._links.download(_key(photo_id), kind) if kind else ""

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


def _key(photo_id: str) -> str:
    return f"photos/{photo_id}"
