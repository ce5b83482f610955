"""Tables that callers send in and take away: files in the folder store, and the links to them."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from chassis.tabular.writing import Cell, csv_writer, xlsx_writer
from chassis.uploads.folder import FolderStore
from chassis.uploads.links import LinkSigner

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TableFiles:
    """The folder store behind the files process. A key that ends in `.xlsx` names a workbook, any other CSV.

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
        """Return a link to a file, good for an hour."""
        return self._links.download(object_key, XLSX if _is_workbook(object_key) else CSV)

    def write_table(self, object_key: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Write a file row by row, replacing one that a killed worker has left.

        Raises TableError for more rows than a sheet holds.
        """
        writer = xlsx_writer if _is_workbook(object_key) else csv_writer
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table"
            with writer(path, header) as write:
                for row in rows:
                    write(row)
            with path.open("rb") as file:
                self.store.write(object_key, file)


def _is_workbook(object_key: str) -> bool:
    return object_key.endswith(".xlsx")
