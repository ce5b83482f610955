"""The photos of a visit, as far as visits ask about them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from journeyman.visit.v1 import photos_pb2
from sqlalchemy import Connection

from visit.visits.rules import PhotoKind


@dataclass(frozen=True, slots=True)
class File:
    """A picture that has arrived whole: size in bytes, SHA-256 in hexadecimal, kind by its first bytes."""

    size_bytes: int
    sha256: str
    content_type: str


class Evidence(Protocol):
    """Knows the photos of visits."""

    def inspect(self, visit_id: str, user_id: str) -> Mapping[str, File]:
        """Return the files that have arrived for photos of the person's visit in progress, by photo.

        Files are read whole: ask before a transaction is opened.
        """

    def settle(
        self, connection: Connection, visit_id: str, files: Mapping[str, File]
    ) -> Collection[PhotoKind]:
        """Keep what the files are, drop the photos without one, and return what the others show.

        Raises UploadIncomplete while a file that would change the verdict can still arrive.
        """

    def shown(self, connection: Connection, visit_id: str) -> Sequence[photos_pb2.Photo]:
        """Return the photos of a visit as messages."""
