"""Import files and result files in the folder store, and the links to them."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from chassis.tabular.writing import Cell, csv_writer
from chassis.uploads.folder import FolderStore
from chassis.uploads.links import Claims, signed_url

CSV = "text/csv"
LINK_SECONDS = 3600


class Files:
    """The folder store behind the files process.

    Args:
        folder: where the objects lie.
        url: public address of the files process.
        key: signs the links.
    """

    def __init__(self, folder: Path, url: str, key: bytes) -> None:
        self.store = FolderStore(folder)
        self._url = url
        self._key = key

    def upload_link(self, object_key: str, size_bytes: int, content_type: str, expires: int) -> str:
        """Return a link to PUT an object to, good until `expires` in Unix seconds."""
        claims = Claims(
            object_key=object_key,
            method="PUT",
            max_bytes=size_bytes,
            content_type=content_type,
            expires=expires,
        )
        return signed_url(self._url, self._key, claims)

    def download_link(self, object_key: str) -> str:
        """Return a link to a result file, good for an hour."""
        expires = int(time.time()) + LINK_SECONDS
        claims = Claims(object_key=object_key, method="GET", max_bytes=0, content_type=CSV, expires=expires)
        return signed_url(self._url, self._key, claims)

    def write_table(self, object_key: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Write a CSV file, replacing one that a killed worker has left."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            with csv_writer(path, header) as write:
                for row in rows:
                    write(row)
            with path.open("rb") as file:
                self.store.write(object_key, file)
