"""The rows of a CSV file, before anybody asks what they mean."""

import csv
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from chassis.tabular.encoding import encoding_of
from chassis.tabular.errors import RowError, TableError

_LONGEST_LINE = 1_000_000
_LONGEST_ROW = 1_000

RawRow = tuple[int, list[str] | RowError]


def read_csv(path: Path) -> Generator[RawRow]:
    with path.open(encoding=encoding_of(path), newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, strict=True)
        while True:
            lines.begin_row()
            try:
                yield lines.row, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield lines.row, RowError(f"broken quoting: {error}", row=lines.row)


class _Lines:
    """The lines of a file, bounded: a quote that is never closed must not swallow the file or the memory."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lines_of_row = 0
        self.row = 0

    def begin_row(self) -> None:
        self.row += 1
        self._lines_of_row = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self._lines_of_row += 1
        if len(line) == _LONGEST_LINE or self._lines_of_row > _LONGEST_ROW:
            raise TableError("the row has no end; a quote may not be closed", row=self.row)
        return line
