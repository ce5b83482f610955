"""The proof without a database: what is under the seals, and where a proof goes on."""

import pytest
from marketing_resources.ledger.chain import LEDGER
from marketing_resources.ledger.proof import Cursor, Phase
from marketing_resources.ledger.tables import ledger_entries


def test_the_columns_under_the_hash_are_those_of_the_table():
    assert set(LEDGER.columns) == set(ledger_entries.c.keys())


@pytest.mark.parametrize("cursor", [Cursor(), Cursor(Phase.SEALS, "7"), Cursor(Phase.BUDGETS)])
def test_a_cursor_is_read_as_it_was_written(cursor):
    assert Cursor.parse(str(cursor)) == cursor
