"""The rows of the first sheet of an XLSX workbook, as text."""

import zipfile
from collections.abc import Generator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path

from openpyxl import load_workbook

from chassis.tabular.csv_rows import RawRow
from chassis.tabular.errors import TableError

_SHEETS = "xl/worksheets/"
_MOST_SHEET_BYTES = 400_000_000
_MOST_OTHER_BYTES = 64_000_000  # the shared strings above all, which are held in memory


def read_xlsx(path: Path) -> Generator[RawRow]:
    """Cells as text, no row shorter than the first: a workbook leaves out the empty cells at a row's end."""
    row = 0
    width = 0
    try:
        _refuse_bomb(path)
        with (
            path.open("rb") as file,
            closing(load_workbook(file, read_only=True, data_only=True)) as workbook,
        ):
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size may be wrong, and cuts rows off
            for row, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells = [_text(value) for value in values]
                width = width or len(cells)
                yield row, cells + [""] * (width - len(cells))
    except TableError:
        raise
    except Exception as error:  # a damaged file fails anywhere in zip, XML and openpyxl
        raise TableError("not a readable XLSX workbook", row=row + 1) from error


def _refuse_bomb(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    sheets = sum(member.file_size for member in members if member.filename.startswith(_SHEETS))
    others = sum(member.file_size for member in members) - sheets
    if sheets > _MOST_SHEET_BYTES or others > _MOST_OTHER_BYTES:
        raise TableError("the workbook is too large; save it as CSV")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.15g}"  # as many digits as a spreadsheet keeps: 0.1 + 0.2 is 0.3 there
        case datetime():
            return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
