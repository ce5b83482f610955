"""The proof of seals without a database: what a stretch says, row by row."""

from types import SimpleNamespace

import pytest
from chassis.sealing import Chain, Finding, Wrong, broken_seals, seal
from hypothesis import given
from hypothesis import strategies as st

COLUMNS = ("id", "what", "amount")
NOTES = Chain(name="notes", entries="notes", columns={name: f"entry.{name}" for name in COLUMNS})


def chain(length):
    """Return the sealed rows of a chain and its head."""
    rows, before = [], b""
    for position in range(1, length + 1):
        entry = SimpleNamespace(
            **dict.fromkeys(COLUMNS, ""), entry_id=f"e{position}", position=position, aged=False
        )
        entry.id = entry.entry_id
        entry.hash = before = seal(NOTES, before, position, entry)
        rows.append(entry)
    return rows, SimpleNamespace(head_position=length, head_hash=before)


def in_stretches(rows, head, size):
    """Return the findings of stretches of a size, as the database would give them."""
    findings, after = [], 0
    while True:
        stretch = [row for row in rows if row.position >= after - 1][: size + 2]
        at_head = len(stretch) < size + 2
        findings += broken_seals(NOTES, stretch, after, head, at_head=at_head)
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
    before = seal(NOTES, b"", 1, row)
    setattr(row, name, "another")
    assert seal(NOTES, b"", 1, row) != before


def test_what_was_dropped_for_its_age_is_not_missed_and_what_follows_is_still_proven():
    rows, head = chain(4)
    rows[0].id = rows[1].id = None
    rows[0].aged = rows[1].aged = True
    assert in_stretches(rows, head, 5) == []
    rows[2].what = "another"
    assert in_stretches(rows, head, 5) == [Finding(Wrong.CHANGED, "e3", 3)]
