"""Reading a table: its header first, then its rows, whatever the kind of file."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chassis.tabular.csv_rows import RawRow, read_csv
from chassis.tabular.errors import RowError, TableError
from chassis.tabular.xlsx_rows import read_xlsx

_LONGEST_CELL = 10_000
_MOST_COLUMNS = 500
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"

Refuse = Callable[[RowError], None]


class Table:
    """A header, and the rows under it, to be read once."""

    def __init__(self, rows: Iterator[RawRow]) -> None:
        self._rows = rows
        self.header = _header(rows)

    def require(self, columns: Iterable[str]) -> None:
        """Raises TableError, naming the first, when the header lacks one of `columns`."""
        for column in columns:
            if column not in self.header:
                raise TableError("the column is missing", row=1, column=column)

    def rows(self, refuse: Refuse) -> Iterator[tuple[int, dict[str, str]]]:
        """The number and the cells by column of every usable row; each other row goes to `refuse`.

        Cells are stripped of blanks around them. Rows without any text are passed over, but counted.
        """
        for number, raw in self._rows:
            try:
                cells = _usable(number, raw, self.header)
            except RowError as error:
                refuse(error)
                continue
            if any(cells):
                yield number, dict(zip(self.header, cells, strict=True))


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """The table in a CSV or XLSX file, known by its first bytes; raises TableError when there is none."""
    with closing(_raw_rows(path)) as rows:
        yield Table(rows)


def _raw_rows(path: Path) -> Generator[RawRow]:
    with path.open("rb") as file:
        head = file.read(len(_ZIP))
    if head == _OLE:
        raise TableError("the workbook is an old XLS or has a password; save it as XLSX or CSV")
    return read_xlsx(path) if head == _ZIP else read_csv(path)


def _header(rows: Iterator[RawRow]) -> tuple[str, ...]:
    row, raw = next(((row, raw) for row, raw in rows if isinstance(raw, RowError) or any(raw)), (1, []))
    if isinstance(raw, RowError):
        raise TableError(raw.reason, row=row)
    names = [name.strip() for name in raw]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise TableError("the file is empty", row=row)
    if len(names) > _MOST_COLUMNS:
        raise TableError(f"more than {_MOST_COLUMNS} columns", row=row)
    for position, name in enumerate(names, start=1):
        _check_name(name, names[: position - 1], row=row, position=position)
    return tuple(names)


def _check_name(name: str, before: list[str], *, row: int, position: int) -> None:
    if not name:
        raise TableError("the column has no name", row=row, column=str(position))
    if name in before:
        raise TableError("two columns have this name", row=row, column=name)
    problem = _problem(name)
    if problem:
        raise TableError(problem, row=row, column=str(position))


def _usable(number: int, raw: list[str] | RowError, header: tuple[str, ...]) -> list[str]:
    if isinstance(raw, RowError):
        raise raw
    cells = [cell.strip() for cell in raw]
    if not any(cells):
        return []
    if len(cells) < len(header) or any(cells[len(header) :]):
        raise RowError(f"{len(cells)} cells in place of {len(header)}", row=number)
    for column, cell in zip(header, cells, strict=False):
        problem = _problem(cell)
        if problem:
            raise RowError(problem, row=number, column=column)
    return cells[: len(header)]


def _problem(cell: str) -> str | None:
    if len(cell) > _LONGEST_CELL:
        return f"more than {_LONGEST_CELL} characters"
    return "a NUL character" if "\0" in cell else None
