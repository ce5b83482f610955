"""Writing tables that a spreadsheet shows and never runs."""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from chassis.tabular.errors import TableError

# A spreadsheet takes text that begins like this for a formula; East Asian ones the wide signs too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MOST_SHEET_ROWS = 1_048_576
_EXACT_INTEGERS = 10**15

Cell = str | int | float | Decimal | date | datetime | time | None
WriteRow = Callable[[Sequence[Cell]], None]


def harmless(text: str) -> str:
    """`text` as it may stand in a cell: what would start a formula is led by an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


@contextmanager
def csv_writer(path: Path, header: Sequence[str]) -> Iterator[WriteRow]:
    """Writes `header`, then every row it is given. With the mark without which Excel garbles Chinese."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([harmless(name) for name in header])
        yield lambda row: writer.writerow([_csv_cell(cell) for cell in row])


@contextmanager
def xlsx_writer(path: Path, header: Sequence[str]) -> Iterator[WriteRow]:
    """Writes `header`, then every row it is given; raises TableError past what a sheet holds."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    rows = 0

    def write(row: Sequence[Cell]) -> None:
        nonlocal rows
        rows += 1
        if rows > _MOST_SHEET_ROWS:
            raise TableError("more rows than a sheet holds", row=rows)
        sheet.append([_xlsx_cell(cell) for cell in row])

    try:
        write(header)
        yield write
    finally:
        workbook.save(path)  # after a failure too: only saving removes the library's temporary files


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell.replace("\0", ""))
    return _plain(cell)


def _xlsx_cell(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return harmless(ILLEGAL_CHARACTERS_RE.sub("", cell))
    return cell if _fits_a_sheet(cell) else _plain(cell)


def _fits_a_sheet(cell: Cell) -> bool:
    """A sheet has no time zones, no infinities and 15 digits; what it cannot hold is written as text."""
    if isinstance(cell, datetime | time):
        return cell.tzinfo is None
    if isinstance(cell, int | float | Decimal):
        return math.isfinite(cell) and -_EXACT_INTEGERS < cell < _EXACT_INTEGERS
    return True


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case Decimal():
            return f"{cell:f}"
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
