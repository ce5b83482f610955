"""In which encoding a text file is written: UTF-8, marked or not, or GB18030 as Chinese Excel saves it."""

import codecs
from pathlib import Path

from chassis.tabular.errors import TableError

_BLOCK_BYTES = 1024 * 1024
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_of(path: Path) -> str:
    """The name of the encoding in which the whole file can be read; raises TableError when there is none.

    The file is read through, because Chinese may begin after a megabyte of plain ASCII.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith(_UTF16_MARKS):
        raise TableError("the file is UTF-16; save it as CSV UTF-8")
    else:
        candidates = ["utf-8", "gb18030"]
    rows = []
    for candidate in candidates:
        bad_row = _first_undecodable_row(path, candidate)
        if bad_row is None:
            return candidate
        rows.append(bad_row)
    raise TableError("the text is neither UTF-8 nor GB18030", row=max(rows))


def _first_undecodable_row(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    row = 1
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK_BYTES)
            try:
                row += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                return row + error.object[: error.start].count(b"\n")
            if not block:
                return None
