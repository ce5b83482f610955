"""The proof without a database: what a stretch says, row by row."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marketing_resources.ledger.chain import COLUMNS, seal
from marketing_resources.ledger.proof import Cursor, Finding, Phase, Wrong, broken_seals
from marketing_resources.ledger.tables import ledger_entries


def chain(length):
    """Return the sealed rows of a ledger and its head."""
    rows, before = [], b""
    for position in range(1, length + 1):
        entry = SimpleNamespace(**dict.fromkeys(COLUMNS, ""), entry_id=f"e{position}", position=position)
        entry.id = entry.entry_id
        entry.hash = before = seal(before, position, entry)
        rows.append(entry)
    return rows, SimpleNamespace(head_position=length, head_hash=before)


def in_stretches(rows, head, size):
    """Return the findings of stretches of a size, as the database would give them."""
    findings, after = [], 0
    while True:
        stretch = [row for row in rows if row.position >= after - 1][: size + 2]
        at_head = len(stretch) < size + 2
        findings += broken_seals(stretch, after, head, at_head=at_head)
        if at_head:
            return findings
        after = stretch[-1].position


@given(st.integers(1, 12), st.integers(1, 5), st.data())
def test_one_change_is_found_once_at_its_place_whatever_the_stretches(length, size, data):
    rows, head = chain(length)
    changed = data.draw(st.sampled_from(rows))
    column = data.draw(st.sampled_from(("hash", *(name for name in COLUMNS if name != "id"))))
    setattr(changed, column, b"another" if column == "hash" else "another")
    assert in_stretches(rows, head, size) == [Finding(Wrong.CHANGED, changed.id, changed.position)]


@given(st.integers(1, 12), st.integers(1, 5), st.data())
def test_what_is_gone_is_found_at_its_place_whatever_the_stretches(length, size, data):
    rows, head = chain(length)
    gone = data.draw(st.sets(st.sampled_from(range(1, length + 1))))
    left = [row for row in rows if row.position not in gone]
    found = in_stretches(left, head, size)
    assert found == [Finding(Wrong.REMOVED, position=position) for position in sorted(gone)]


@given(st.integers(0, 12), st.integers(1, 5))
def test_a_whole_chain_has_no_findings_whatever_the_stretches(length, size):
    assert in_stretches(*chain(length), size) == []


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_of_an_entry_is_under_its_hash(name):
    (row,), _ = chain(1)
    before = seal(b"", 1, row)
    setattr(row, name, "another")
    assert seal(b"", 1, row) != before


def test_the_columns_under_the_hash_are_those_of_the_table():
    assert set(COLUMNS) == set(ledger_entries.c.keys())


@pytest.mark.parametrize("cursor", [Cursor(), Cursor(Phase.SEALS, "7"), Cursor(Phase.BUDGETS)])
def test_a_cursor_is_read_as_it_was_written(cursor):
    assert Cursor.parse(str(cursor)) == cursor
