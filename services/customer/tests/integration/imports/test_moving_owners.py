"""People move while their customers are being imported."""

from datetime import UTC, datetime

import pytest
from chassis.database import Database
from customer.customers import store as customers
from customer.distributions import moves
from customer.imports.job import BATCH_ROWS
from directory.tables import users
from journeyman.operations.v1 import operations_pb2
from sqlalchemy import select, text

from directory import Move

AT = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def move(database, org):
    """Moves the importing person, as the directory's consumer does when it hears of it."""

    def tell():
        with database.begin() as connection:
            connection.execute(users.update().where(users.c.id == org.rep).values(unit_id=org.hangzhou))
            moves.follow(connection, Move(org.rep, org.shanghai, org.hangzhou, AT))

    return tell


@pytest.fixture
def run(importing, parts, database):
    """Imports so many rows; `beat` is called before each batch is read."""

    def imported(rows, beat=lambda: None):
        caller = importing()
        upload = caller.upload("".join(["name\n", *(f"门店{n}\n" for n in range(rows))]).encode())
        operation_id = caller.accept(upload)
        with database.reading() as connection:
            payload = connection.execute(text("SELECT payload FROM job_intents")).scalar_one()
        parts.jobs["customers.import"].run(payload, beat)
        operation = caller.operation(operation_id)
        assert operation.state == operations_pb2.Operation.STATE_SUCCEEDED
        with database.reading() as connection:
            query = text("SELECT unit_id::text, count(*) FROM customers GROUP BY unit_id")
            return dict(tuple(row) for row in connection.execute(query))

    return imported


def test_an_import_that_was_accepted_before_a_move_brings_customers_to_the_new_unit(run, move, org):
    moved = []

    def once():
        if not moved:
            moved.append(move())

    assert run(3, once) == {org.hangzhou: 3}


def test_an_owner_who_moves_between_two_batches_has_all_customers_in_one_unit(run, move, org):
    beats = []

    def third():
        beats.append(None)
        if len(beats) == 4:  # twice to count the rows, once before the first batch
            move()

    assert run(BATCH_ROWS + 1, third) == {org.hangzhou: BATCH_ROWS + 1}


def test_an_owner_who_moves_while_a_batch_is_read_takes_it_along(run, move, org, monkeypatch):
    stay, asked = customers.stay, []

    def moved_meanwhile(connection, owners):
        if not asked:
            move()
        asked.append(stay(connection, owners))
        return asked[-1]

    monkeypatch.setattr(customers, "stay", moved_meanwhile)
    assert run(3) == {org.hangzhou: 3}
    assert asked == [False, True]


def test_a_copy_that_has_not_heard_of_a_move_holds_up_no_import(run, org, monkeypatch):
    monkeypatch.setattr(customers, "stay", lambda *_: False)
    assert run(3) == {org.shanghai: 3}


def test_nobody_moves_while_a_batch_is_written(database: Database, org):
    with database.begin() as writing:
        assert customers.stay(writing, {org.rep: org.shanghai})
        with database.begin() as moving:
            locked = select(users.c.id).where(users.c.id == org.rep).with_for_update(skip_locked=True)
            assert moving.execute(locked).all() == []
