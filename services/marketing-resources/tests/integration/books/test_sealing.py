import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Event

import pytest
from chassis.money import from_proto
from chassis.sealing import Sealer, sealer
from journeyman.marketing.v1 import ledger_pb2 as pb
from marketing_resources.ledger.chain import LEDGER
from sqlalchemy import event, text


def positions(books):
    return [position for (position,) in books.rows("SELECT position FROM ledger_seals ORDER BY position")]


@pytest.fixture
def batches_of_three(monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 3)


def test_what_is_committed_is_sealed_in_the_order_of_its_ids_without_a_gap(books, batches_of_three):
    budget = books.budget()
    for _ in range(7):
        books.move("RESERVE", budget)
    books.seal()
    sealed = books.rows("SELECT entry_id FROM ledger_seals ORDER BY position")
    assert sealed == books.rows("SELECT id FROM ledger_entries ORDER BY id")
    assert positions(books) == list(range(1, 9))
    assert books.rows("SELECT count(*) FROM ledger_unsealed") == [(0,)]
    assert books.findings() == []


def test_a_hash_can_be_made_again_from_what_the_list_shows(books):
    budget = books.budget(1_000)
    books.move("RESERVE", budget, 3)
    books.seal()
    with books.calling() as caller:
        entries = caller.ledger.ListLedgerEntries(pb.ListLedgerEntriesRequest()).ledger_entries
    before = b""
    for entry in reversed(entries):
        before = sha256(before + documented(entry).encode()).digest()
        assert entry.hash == before.hex()
    assert books.rows("SELECT position, hash FROM ledger_head") == [(2, before)]


def documented(entry):
    """Return the text under an entry's hash, as chain.py and the README describe it."""

    def minor(amount):
        return from_proto(amount).minor_units

    values = [
        entry.position,
        entry.id,
        entry.budget_id,
        entry.budget_sequence,
        entry.unit_id,
        pb.LedgerEntry.Kind.Name(entry.kind).removeprefix("KIND_"),
        minor(entry.amount),
        entry.amount.currency_code,
        *(minor(amount) for amount in (entry.available, entry.reserved, entry.committed, entry.paid)),
        entry.spend_plan_id or None,
        entry.spend_plan_item_id or None,
        entry.subject,
        f"{entry.entry_time.seconds}.{entry.entry_time.nanos // 1000:06}",
    ]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def test_sealers_beside_each_other_and_writers_leave_one_gapless_chain(books, batches_of_three):
    budget = books.budget()
    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(books.move, "RESERVE", budget) for _ in range(60)]
        sealing_ = [pool.submit(books.seal) for _ in range(30)]
        for future in (*writing, *sealing_):
            future.result()
    books.seal()
    assert positions(books) == list(range(1, 62))
    assert books.verify() == ([], 61)


def test_a_sealer_that_dies_in_the_middle_leaves_nothing_of_its_batch(books):
    budget = books.budget()
    books.move("RESERVE", budget)

    def die(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE ledger_head"):
            raise ConnectionError

    event.listen(books.database.engine, "before_cursor_execute", die)
    with pytest.raises(ConnectionError):
        books.seal()
    event.remove(books.database.engine, "before_cursor_execute", die)
    assert positions(books) == []
    assert books.findings() == []
    books.seal()
    assert positions(books) == [1, 2]


def test_a_sealer_that_stood_still_and_goes_on_does_no_harm(books):
    books.budget()
    chained, go_on = Event(), Event()

    def stand_still(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE ledger_head"):
            chained.set()
            assert go_on.wait(10)

    slow = books.urls.open()
    event.listen(slow.engine, "before_cursor_execute", stand_still)
    with ThreadPoolExecutor(2) as pool:
        standing = pool.submit(Sealer(slow, LEDGER).step)
        assert chained.wait(10)
        following = pool.submit(Sealer(books.database, LEDGER).step)
        while not books.rows("SELECT FROM pg_locks WHERE NOT granted"):
            assert not following.done()
        assert books.findings() == []  # nobody who reads waits, and nothing half done is seen
        go_on.set()
        assert (standing.result(), following.result()) == (1, 0)
    slow.close()
    assert positions(books) == [1]


def test_a_sealer_that_lost_its_session_leaves_the_chain_to_the_next(books):
    books.budget()
    slow = books.urls.open()

    def lose_the_session(connection, _cursor, statement, *_):
        if statement.startswith("UPDATE ledger_head"):
            pid = connection.connection.driver_connection.info.backend_pid
            with books.database.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    event.listen(slow.engine, "before_cursor_execute", lose_the_session)
    with pytest.raises(Exception, match="terminat"):
        Sealer(slow, LEDGER).step()
    slow.close()
    books.seal()
    assert positions(books) == [1]
    assert books.findings() == []
