"""Holders of a lease that stand still until somebody else holds it, and then go on."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chassis.database.connections import driver
from chassis.events import Consumer, EventFeedServicer, Relay, Subscription, relay
from chassis.events.consumer import PositionTaken
from chassis.metrics import Metrics
from chassis.outbox import Fact, append
from chassis.testing import OneUnitEach, serving
from journeyman.identity.v1 import events_pb2
from sqlalchemy import text

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PROGRAM = Path(__file__).with_name("fenced.py")
STOPS = 8
LONGER_THAN_A_LEASE = 0.4


@pytest.fixture
def producer(database, clock):
    with serving(
        [EventFeedServicer("notes")],
        database=database,
        clock=clock,
        tree=OneUnitEach(),
        errors={},
        service="notes",
    ) as server:
        yield server


def emit(database, numbers):
    facts = [Fact("t.v1", f"{n:05}", 1, events_pb2.OrgUnitChanged(code=f"{n:05}")) for n in numbers]
    with database.begin() as connection:
        append(connection, facts, NOW)


def column(database, query):
    with database.reading() as connection:
        return list(connection.execute(text(query)).scalars())


@contextmanager
def running(kind, database, producer):
    token = producer.issuer.token("events.read", person=False)
    redis_url = os.environ["JOURNEYMAN_TEST_REDIS_URL"]
    command = [sys.executable, PROGRAM, kind, database._url, redis_url, producer.target, token]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline()
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)
        process.stdout.close()


def test_relays_and_consumers_that_stand_still_and_go_on_double_nothing(database, consuming, producer):
    pick = random.Random(7)
    pause = threading.Event()
    with ExitStack() as stack:
        rivals = [stack.enter_context(running("relay", database, producer)) for _ in range(2)]
        rivals += [stack.enter_context(running("consumer", consuming, producer)) for _ in range(2)]
        for stop in range(STOPS):
            frozen = pick.choice(rivals)
            emit(database, range(stop * 100, stop * 100 + 50))
            pause.wait(pick.random() * 0.1)  # anywhere in its work
            frozen.send_signal(signal.SIGSTOP)
            emit(database, range(stop * 100 + 50, stop * 100 + 100))
            pause.wait(LONGER_THAN_A_LEASE)
            frozen.send_signal(signal.SIGCONT)
        reached = eventually(lambda: len(column(consuming, "SELECT id FROM notes")) == STOPS * 100)
    assert reached
    positions = column(database, "SELECT position FROM outbox ORDER BY position")
    assert positions == list(range(1, STOPS * 100 + 1))
    assert column(consuming, "SELECT position FROM consumer_positions") == positions[-1:]
    assert column(consuming, "SELECT id FROM notes ORDER BY id") == [f"{n:05}" for n in range(STOPS * 100)]
    assert column(consuming, "SELECT error FROM dead_letters") == []


def eventually(condition, seconds=20.0):
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return True
        pause.wait(0.05)
    return False


def test_a_consumer_that_stood_still_with_a_batch_in_hand_leaves_it_to_its_heir(
    database, consuming, producer, redis_client, monkeypatch
):
    def write(connection, received):
        connection.execute(
            text("INSERT INTO notes VALUES (:id, '')"), [{"id": i.data.code} for i in received]
        )

    def consumer():
        subscription = Subscription("c", "notes", (events_pb2.OrgUnitChanged,), write)
        return Consumer(subscription, consuming, channel, redis_client, Metrics())

    emit(database, range(3))
    Relay("notes", database, redis_client, Metrics()).step()
    with producer.channel(producer.issuer.token("events.read", person=False)) as channel:
        sleeper, heir = consumer(), consumer()
        commit = sleeper._commit

        def stand_still(*batch):
            heir.step()
            commit(*batch)

        monkeypatch.setattr(sleeper, "_commit", stand_still)
        with pytest.raises(PositionTaken):
            sleeper.step()
    assert column(consuming, "SELECT id FROM notes ORDER BY id") == ["00000", "00001", "00002"]


def test_an_heir_waits_for_the_relay_that_stands_still_while_it_numbers(database, redis_client):
    emit(database, range(3))
    heir = threading.Thread(target=Relay("notes", database, redis_client, Metrics()).step)
    with database.begin() as standing_still:
        driver(standing_still).execute(relay._LOCK)
        driver(standing_still).execute(relay._NUMBER, (relay.BATCH,))
        heir.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        assert eventually(lambda: column(database, waiting) == [1])
    heir.join()
    assert column(database, "SELECT position FROM outbox ORDER BY seq") == [1, 2, 3]
    assert column(database, "SELECT position FROM outbox_head") == [3]


def test_a_consumer_that_is_killed_at_work_leaves_neither_effect_nor_position(database, consuming, producer):
    emit(database, range(3))
    with running("relay", database, producer), running("mortal consumer", consuming, producer) as mortal:
        mortal.wait(20)
    assert column(consuming, "SELECT id FROM notes") == []
    assert column(consuming, "SELECT position FROM consumer_positions") == [0]


def test_a_transaction_of_a_process_that_stands_still_ends_by_itself(database):
    [limit] = column(database, "SELECT current_setting('idle_in_transaction_session_timeout')")
    assert limit == "15s"
