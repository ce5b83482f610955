import csv
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from chassis.tabular.errors import TableError
from chassis.tabular.reading import open_table
from chassis.tabular.writing import csv_writer, harmless, xlsx_writer
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

WRITERS = {"csv": csv_writer, "xlsx": xlsx_writer}
FORMULAS = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]


def written(path: Path, *rows: list) -> list[list[object]]:
    writer: AbstractContextManager = WRITERS[path.suffix[1:]](path, ["a", "b", "c"])
    with writer as write:
        for row in rows:
            write(row)
    if path.suffix == ".csv":
        return list(csv.reader(path.read_text("utf-8-sig").splitlines()))[1:]
    return [list(row) for row in load_workbook(path).active.iter_rows(min_row=2, values_only=True)]


def first_cells(path: Path) -> list[str]:
    """The first cell of every row, the header's too, as the file holds it."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [row[0] for row in csv.reader(file)]
    rows = list(load_workbook(path).active)
    assert {row[0].data_type for row in rows} == {"s"}
    return [row[0].value for row in rows]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_run_as_a_formula_is_led_by_an_apostrophe(tmp_path: Path, kind: str, text: str):
    path = tmp_path / f"t.{kind}"
    with WRITERS[kind](path, [text]) as write:
        write([text])
    first, second = first_cells(path)
    assert first == second
    assert first.startswith("'")


@given(text=st.text())
def test_no_harmless_text_starts_a_formula(text: str):
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert harmless(text).removeprefix("'") == text.removeprefix("'")


def test_negative_numbers_stay_numbers(tmp_path: Path):
    assert written(tmp_path / "t.csv", [-1, -2.5, Decimal("-3.10")]) == [["-1", "-2.5", "-3.10"]]
    assert written(tmp_path / "t.xlsx", [-1, -2.5, Decimal("-3.10")]) == [[-1, -2.5, -3.1]]


def test_other_values_are_written_plainly(tmp_path: Path):
    row = [date(2026, 3, 2), time(8, 30), None]
    assert written(tmp_path / "t.csv", row, [True, "全家", 0]) == [
        ["2026-03-02", "08:30:00", ""],
        ["TRUE", "全家", "0"],
    ]
    (found, _) = written(tmp_path / "t.xlsx", row, [True, "全家", 0])
    assert found[1:] == [time(8, 30), None]


def test_what_a_sheet_cannot_hold_is_written_as_text(tmp_path: Path):
    instant = datetime(2026, 3, 2, tzinfo=UTC)
    ((moment, number, nothing),) = written(tmp_path / "t.xlsx", [instant, 2**62, float("nan")])
    assert (moment, number, nothing) == ("2026-03-02T00:00:00+00:00", str(2**62), "nan")


def test_characters_that_break_a_file_are_left_out(tmp_path: Path):
    assert written(tmp_path / "t.xlsx", ["a\0b\x07c", "", ""])[0][0] == "abc"
    assert written(tmp_path / "t.csv", ["a\0b", "", ""])[0][0] == "ab"


def test_excel_is_told_that_the_text_is_utf8(tmp_path: Path):
    written(tmp_path / "t.csv", ["全家", "", ""])
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chassis.tabular.writing._MOST_SHEET_ROWS", 3)
    with pytest.raises(TableError, match="more rows"):
        written(tmp_path / "t.xlsx", *([1, 2, 3] for _ in range(4)))


@given(
    rows=st.lists(
        st.lists(
            st.text(st.characters(min_codepoint=0x20, max_codepoint=0xD7FF), max_size=20),
            min_size=3,
            max_size=3,
        ),
        max_size=5,
    )
)
@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, kind: str, rows: list[list[str]]
):
    path = tmp_path_factory.getbasetemp() / f"again.{kind}"
    with WRITERS[kind](path, ["a", "b", "c"]) as write:
        for row in rows:
            write(row)
    with open_table(path) as table:
        found = [list(cells.values()) for _, cells in table.rows(pytest.fail)]
    expected = [[harmless(cell).strip() for cell in row] for row in rows]
    assert found == [row for row in expected if any(row)]
