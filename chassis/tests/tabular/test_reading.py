import csv
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
from chassis.tabular.errors import RowError, TableError
from chassis.tabular.reading import open_table
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
Rows = list[tuple[int, dict[str, str]]]


def read(path: Path) -> tuple[tuple[str, ...], Rows, list[RowError]]:
    refused: list[RowError] = []
    with open_table(path) as table:
        return table.header, list(table.rows(refused.append)), refused


def failure(path: Path) -> TableError:
    with pytest.raises(TableError) as refused:
        read(path)
    return refused.value


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def xlsx_file(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: list[object]) -> Path:
        workbook = Workbook()
        for row in rows:
            workbook.active.append(row)
        workbook.save(tmp_path / "table.xlsx")
        return tmp_path / "table.xlsx"

    return write


def test_rows_come_with_their_number_and_cells_by_column(csv_file):
    header, rows, refused = read(csv_file("name, city \nA, 上海\nB,　北京　\n"))
    assert header == ("name", "city")
    assert rows == [(2, {"name": "A", "city": "上海"}), (3, {"name": "B", "city": "北京"})]
    assert refused == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_encoding_gives_the_same_table(csv_file, encoding: str):
    header, rows, _ = read(csv_file("名称,城市\n全家,上海\n".encode(encoding)))
    assert header == ("名称", "城市")
    assert rows == [(2, {"名称": "全家", "城市": "上海"})]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end_is_understood(csv_file, newline: str):
    assert len(read(csv_file(newline.join(["a,b", "1,2", "3,4"])))[1]) == 2


def test_a_quoted_cell_may_hold_commas_quotes_and_lines_and_rows_count_as_in_a_spreadsheet(csv_file):
    _, rows, _ = read(csv_file('a,b\n"1\n2","say ""hi"", x"\n3,4\n'))
    assert rows == [(2, {"a": "1\n2", "b": 'say "hi", x'}), (3, {"a": "3", "b": "4"})]


def test_empty_rows_are_passed_over_but_counted(csv_file):
    assert [number for number, _ in read(csv_file("\na,b\n\n1,2\n,\n3,4\n"))[1]] == [4, 6]


def test_ragged_rows_are_refused_one_by_one(csv_file):
    _, rows, refused = read(csv_file("a,b\n1\n1,2\n1,2,3\n1,2,,\n"))
    assert [number for number, _ in rows] == [3, 5]
    assert [(error.row, error.reason) for error in refused] == [
        (2, "1 cells in place of 2"),
        (4, "3 cells in place of 2"),
    ]


def test_a_nul_or_an_overlong_cell_refuses_its_row_and_names_the_column(csv_file):
    _, rows, refused = read(csv_file(f"a,b\n1,x\0y\n{'z' * 10_001},2\n3,4\n"))
    assert [number for number, _ in rows] == [4]
    assert [(error.row, error.column) for error in refused] == [(2, "b"), (3, "a")]


def test_broken_quoting_refuses_its_row_only(csv_file):
    _, rows, refused = read(csv_file('a,b\n"1"x,2\n3,4\n'))
    assert [number for number, _ in rows] == [3]
    assert [error.row for error in refused] == [2]


def test_a_quote_open_at_the_end_is_reported_not_swallowed(csv_file):
    _, rows, refused = read(csv_file('a,b\n1,2\n3,"4\n5,6\n'))
    assert [number for number, _ in rows] == [2]
    assert [error.row for error in refused] == [3]


def test_a_quote_never_closed_fails_the_file_at_its_row(csv_file):
    assert failure(csv_file('a,b\n1,2\n3,"4\n' + "5,6\n" * 5_000)).row == 3


def test_a_line_without_end_fails_the_file(csv_file):
    assert failure(csv_file("a,b\n1," + "2" * 2_000_000)).row == 2


@pytest.mark.parametrize(
    ("content", "column"),
    [("", None), ("\n,,\n", None), ("a,,b\n", "2"), ("a,b,a\n", "a"), ("a,b\0\n", "2")],
    ids=["empty", "blank", "one unnamed", "twice", "nul"],
)
def test_a_header_that_names_no_columns_is_refused(csv_file, content: str, column: str | None):
    assert failure(csv_file(content)).column == column


def test_too_many_columns_are_refused(csv_file):
    assert "500 columns" in failure(csv_file(",".join(f"c{n}" for n in range(501)))).reason


def test_empty_names_at_the_end_of_a_header_are_no_columns(csv_file):
    assert read(csv_file("a,b,,\n1,2,,\n"))[0] == ("a", "b")


def test_a_missing_column_is_named(csv_file):
    with open_table(csv_file("a,b\n")) as table:
        table.require(["a", "b"])
        with pytest.raises(TableError) as refused:
            table.require(["b", "c"])
    assert refused.value.column == "c"


def test_undecodable_bytes_fail_the_file(csv_file):
    assert failure(csv_file(b"a,b\n\xff\xff,2\n")).row == 2


@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=10))
def test_what_the_csv_module_writes_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b", "c"], *rows])
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    stripped = [[cell.strip() for cell in row] for row in rows]
    expected = [dict(zip("abc", row, strict=True)) for row in stripped if any(row)]
    _, read_rows, refused = read(path)
    assert [cells for _, cells in read_rows] == expected
    assert refused == []


@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"a,b\n" + content)
    try:
        header, rows, _ = read(path)
    except TableError:
        return
    assert header == ("a", "b")
    assert all(set(cells) == {"a", "b"} for _, cells in rows)


def test_a_large_file_is_read_in_bounded_memory(csv_file):
    path = csv_file("name,city\n" + "a shop somewhere,上海\n" * 50_000)
    tracemalloc.start()
    with open_table(path) as table:
        assert sum(1 for _ in table.rows(pytest.fail)) == 50_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000  # the rows as dicts take four times that


def test_cells_of_a_workbook_are_read_as_text(xlsx_file):
    path = xlsx_file(
        ["text", "whole", "part", "day", "moment", "hour", "truth", "nothing"],
        [
            " 全家 ",
            13912345678,
            0.1 + 0.2,
            date(2026, 3, 2),
            datetime(2026, 3, 2, 8, 30),  # noqa: DTZ001 - a sheet has no time zones
            time(8, 30),
            True,
            None,
        ],
    )
    _, ((number, cells),), _ = read(path)
    assert number == 2
    assert list(cells.values()) == [
        "全家",
        "13912345678",
        "0.3",
        "2026-03-02",
        "2026-03-02 08:30:00",
        "08:30:00",
        "TRUE",
        "",
    ]


def test_a_whole_number_kept_as_a_float_has_no_fraction(xlsx_file):
    assert read(xlsx_file(["a"], [3.0]))[1] == [(2, {"a": "3"})]


def test_a_workbook_that_is_wrong_about_its_size_is_read_whole(xlsx_file, tmp_path: Path):
    path = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(xlsx_file(["a", "b"], ["1", "2"])) as right, zipfile.ZipFile(path, "w") as wrong:
        for name in right.namelist():
            wrong.writestr(name, right.read(name).replace(b'ref="A1:B2"', b'ref="A1:A1"'))
    assert read(path)[1] == [(2, {"a": "1", "b": "2"})]


def test_rows_of_a_workbook_count_as_it_shows_them_and_may_end_early(xlsx_file):
    _, rows, refused = read(xlsx_file(["a", "b"], ["1"], [], ["2", "3"]))
    assert rows == [(2, {"a": "1", "b": ""}), (4, {"a": "2", "b": "3"})]
    assert refused == []


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"\xd0\xcf\x11\xe0" + bytes(100)], ids=str
)
def test_a_damaged_or_foreign_workbook_is_refused(csv_file, content: bytes):
    failure(csv_file(content))


def test_a_zip_of_something_else_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert "XLSX" in failure(tmp_path / "a.xlsx").reason


def test_a_workbook_cut_short_is_refused(xlsx_file):
    path = xlsx_file(["a"], *([n] for n in range(1000)))
    path.write_bytes(path.read_bytes()[:-200])
    failure(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", bytes(65_000_000))
    assert "too large" in failure(tmp_path / "bomb.xlsx").reason


def test_the_real_shops_are_all_read():
    folder = os.environ.get("JOURNEYMAN_REAL_DATA")
    if not folder:
        pytest.skip("JOURNEYMAN_REAL_DATA names no folder with stores/shanghai_food.csv")
    _, rows, refused = read(Path(folder) / "stores/shanghai_food.csv")
    assert (len(rows), refused) == (14_398, [])
