"""Import files and result files in the folder store, and the links to them."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from chassis.tabular.writing import Cell, csv_writer
from chassis.uploads.folder import FolderStore
from chassis.uploads.links import LinkSigner

CSV = "text/csv"


class Files:
    """The folder store behind the files process.

    Args:
        folder: where the objects lie.
        url: public address of the files process.
        key: signs the links.
    """

    def __init__(self, folder: Path, url: str, key: bytes) -> None:
        self.store = FolderStore(folder)
        self._links = LinkSigner(url, key)

    def upload_link(self, object_key: str, size_bytes: int, content_type: str, expires: datetime) -> str:
        """Return a link to PUT an object of at most this size to, good until `expires`."""
        return self._links.upload(object_key, size_bytes, content_type, expires)

    def download_link(self, object_key: str) -> str:
        """Return a link to a result file, good for an hour."""
        return self._links.download(object_key, CSV)

    def write_table(self, object_key: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Write a CSV file, replacing one that a killed worker has left."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            with csv_writer(path, header) as write:
                for row in rows:
                    write(row)
            with path.open("rb") as file:
                self.store.write(object_key, file)
