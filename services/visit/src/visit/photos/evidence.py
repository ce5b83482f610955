"""The photos of a visit, for visits to decide by."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from chassis.database import Database
from journeyman.visit.v1 import photos_pb2
from sqlalchemy import Connection

from visit.photos import messages, store
from visit.photos.files import PhotoFiles
from visit.photos.rules import kinds_shown
from visit.visits.evidence import File
from visit.visits.rules import PhotoKind


class PhotoEvidence:
    """Is the evidence that visits ask for."""

    def __init__(self, database: Database, files: PhotoFiles) -> None:
        self._database = database
        self._files = files

    def inspect(self, visit_id: str, user_id: str) -> Mapping[str, File]:
        with self._database.reading() as connection:
            ids = store.ids_in_progress(connection, visit_id, user_id)
        found = {photo_id: self._files.inspect(photo_id) for photo_id in ids}
        return {photo_id: file for photo_id, file in found.items() if file}

    def settle(
        self, connection: Connection, visit_id: str, files: Mapping[str, File]
    ) -> Collection[PhotoKind]:
        photos = store.of_visit(connection, visit_id)
        shown = kinds_shown(photos, files, datetime.now(UTC))
        store.settle(connection, visit_id, files)
        return shown

    def shown(self, connection: Connection, visit_id: str) -> Sequence[photos_pb2.Photo]:
        return [messages.render(photo) for photo in store.of_visit(connection, visit_id)]
