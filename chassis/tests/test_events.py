"""Outbox, relay, feed and consumer between two real databases."""

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import grpc
import psycopg
import pytest
import redis
from chassis.access import Scope
from chassis.database.connections import driver
from chassis.events import Consumer, EventFeedServicer, OwnFeed, Relay, Subscription
from chassis.events import relay as relay_module
from chassis.events.consumer import BATCH, EpochChanged
from chassis.metrics import Metrics
from chassis.outbox import Fact, append
from chassis.service.ops import run_ops
from chassis.testing import OneUnitEach, serving
from journeyman.events.v1 import feed_pb2, feed_pb2_grpc
from journeyman.identity.v1 import events_pb2
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

NEVER = Retry(NoBackoff(), 0)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
UNITS = (events_pb2.OrgUnitChanged,)


def emit(database, *codes):
    with database.begin() as connection:
        facts = [Fact("t.v1", code, 1, events_pb2.OrgUnitChanged(code=code)) for code in codes]
        append(connection, facts, NOW)


@pytest.fixture
def relay(database, redis_client):
    return Relay("notes", database, redis_client, Metrics())


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


@pytest.fixture
def feed(producer):
    with producer.channel(producer.issuer.token("events.read", person=False)) as channel:
        yield channel


def write(connection, received):
    for item in received:
        if item.data.code.startswith("bad"):
            raise ValueError(item.data.code)
        connection.execute(text("INSERT INTO notes VALUES (:id, '')"), {"id": item.data.code})


@pytest.fixture
def consumer(consuming, feed, redis_client):
    made = Consumer(Subscription("c", "notes", UNITS, write), consuming, feed, redis_client, Metrics())
    with consuming.begin() as connection:
        connection.execute(text("INSERT INTO consumer_positions (consumer, source) VALUES ('c', 'notes')"))
    return made


def drain(step):
    while step():
        pass


def codes(database):
    with database.reading() as connection:
        return [row[0] for row in connection.execute(text("SELECT id FROM notes ORDER BY id"))]


def test_positions_are_gapless_whatever_commits_when(database, relay):
    def write_some(n):
        emit(database, *[f"{n}-{i}" for i in range(5)])

    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(write_some, n) for n in range(40)]
        relays = [pool.submit(relay.step) for _ in range(20)]
        for future in (*writes, *relays):
            future.result()
    drain(relay.step)
    with database.reading() as connection:
        positions = [row[0] for row in connection.execute(text("SELECT position FROM outbox ORDER BY 1"))]
    assert positions == list(range(1, 201))


@pytest.mark.parametrize("scope", [Scope.SELF, Scope.UNIT, Scope.SUBTREE])
def test_events_belong_to_no_unit_and_are_shown_to_who_reaches_everything(database, relay, producer, scope):
    emit(database, "a")
    drain(relay.step)

    def answer(scope):
        with producer.channel(producer.issuer.token("*.read", scope=scope)) as channel:
            return feed_pb2_grpc.EventFeedServiceStub(channel).ListEvents(feed_pb2.ListEventsRequest())

    assert [event.position for event in answer(Scope.ALL).events] == [1]
    assert answer(scope) == feed_pb2.ListEventsResponse()


def test_a_relay_that_dies_half_way_has_numbered_nothing(database, relay, monkeypatch):
    emit(database, "a")
    with monkeypatch.context() as broken:
        failing = relay_module._NUMBER.replace("RETURNING position", "RETURNING position / 0")
        broken.setattr(relay_module, "_NUMBER", failing)
        with pytest.raises(psycopg.errors.DivisionByZero):
            relay.step()
    emit(database, "b")
    drain(relay.step)
    with database.reading() as connection:
        positions = connection.execute(text("SELECT position FROM outbox ORDER BY seq")).scalars().all()
        head = connection.execute(text("SELECT position FROM outbox_head")).scalar()
    assert (positions, head) == ([1, 2], 2)


def test_an_event_that_commits_late_is_not_skipped(database, relay, consumer, consuming):
    with database.begin() as slow:
        append(slow, [Fact("t.v1", "late", 1, events_pb2.OrgUnitChanged(code="late"))], NOW)
        emit(database, "early")
        drain(relay.step)
        drain(consumer.step)
        assert codes(consuming) == ["early"]
    drain(relay.step)
    drain(consumer.step)
    assert codes(consuming) == ["early", "late"]


def test_a_fact_of_a_transaction_that_fails_is_never_told(database, relay, consumer, consuming):
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        append(connection, [Fact("t.v1", "x", 1, events_pb2.OrgUnitChanged(code="x"))], NOW)
        _ = 1 / 0
    drain(relay.step)
    drain(consumer.step)
    assert codes(consuming) == []


def test_each_event_takes_effect_once_with_many_consumers(
    database, relay, consumer, consuming, feed, redis_client
):
    emit(database, *[f"{n:04}" for n in range(1200)])
    drain(relay.step)
    stopped = threading.Event()
    rivals = [
        Consumer(Subscription("c", "notes", UNITS, write), consuming, feed, redis_client, Metrics())
        for _ in range(4)
    ]
    threads = [threading.Thread(target=rival.run, args=(stopped,)) for rival in rivals]
    for thread in threads:
        thread.start()
    reached = eventually(lambda: len(codes(consuming)) == 1200)
    stopped.set()
    for thread in threads:
        thread.join()
    assert reached
    assert dead(consuming) == []


def eventually(condition, seconds=15.0):
    waiting = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return True
        waiting.wait(0.05)
    return False


def dead(database):
    with database.reading() as connection:
        query = text("SELECT position, error FROM dead_letters ORDER BY position")
        return [tuple(row) for row in connection.execute(query)]


def test_a_bad_event_is_parked_and_the_others_pass(database, relay, consumer, consuming):
    emit(database, "a", "bad1", "b", "c", "bad2", "d")
    drain(relay.step)
    drain(consumer.step)
    assert codes(consuming) == ["a", "b", "c", "d"]
    assert dead(consuming) == [(2, "ValueError: bad1"), (5, "ValueError: bad2")]


def test_an_operator_replays_a_parked_event(database, relay, consumer, consuming, monkeypatch):
    emit(database, "bad1")
    drain(relay.step)
    drain(consumer.step)
    assert dead(consuming) != []
    monkeypatch.setattr(
        consumer,
        "subscription",
        Subscription(
            "c",
            "notes",
            UNITS,
            lambda connection, _: connection.execute(text("INSERT INTO notes VALUES ('mended', '')")),
        ),
    )
    assert run_ops(consuming, ["replay", "c", "notes", "1"]) == 0
    consumer.step()
    assert codes(consuming) == ["mended"]
    assert dead(consuming) == []


def test_a_replayed_event_that_fails_again_stays_parked_and_stops_nothing(
    database, relay, consumer, consuming
):
    emit(database, "bad1", "bad2")
    drain(relay.step)
    drain(consumer.step)
    assert run_ops(consuming, ["replay", "c", "notes", "2"]) == 0
    emit(database, "a")
    drain(relay.step)
    drain(consumer.step)
    assert codes(consuming) == ["a"]
    assert dead(consuming) == [(1, "ValueError: bad1"), (2, "ValueError: bad2")]


def test_an_event_is_not_parked_because_the_pool_is_used_up(
    database, relay, databases, feed, redis_client, monkeypatch
):
    emit(database, "a")
    drain(relay.step)
    with databases.database() as fresh:
        narrow = fresh.open(pool_size=1)
        monkeypatch.setattr(narrow.engine.pool, "_timeout", 0.05)

        def wants_a_second_connection(_connection, _received):
            with narrow.reading():
                pass

        subscription = Subscription("c", "notes", UNITS, wants_a_second_connection)
        made = Consumer(subscription, narrow, feed, redis_client, Metrics())
        with pytest.raises(PoolTimeout):
            made.step()
        assert dead(narrow) == []
        narrow.close()


@pytest.mark.parametrize("write_past_sqlalchemy", [False, True])
def test_an_event_is_not_parked_because_the_database_ends_the_connection(
    database, relay, consumer, consuming, monkeypatch, write_past_sqlalchemy
):
    emit(database, "a")
    drain(relay.step)

    def lose_connection(connection, _received):
        ended = text("SELECT pg_terminate_backend(pg_backend_pid())")
        if write_past_sqlalchemy:
            driver(connection).execute(str(ended))
        connection.execute(ended)

    monkeypatch.setattr(consumer, "subscription", Subscription("c", "notes", UNITS, lose_connection))
    with pytest.raises((DBAPIError, psycopg.Error)):
        consumer.step()
    assert dead(consuming) == []


def test_a_batch_that_takes_too_long_is_halved_and_the_event_that_always_does_is_parked(
    database, relay, consumer, consuming, monkeypatch
):
    def write_slowly(connection, received):
        connection.execute(text("SET LOCAL statement_timeout = '100ms'"))
        write(connection, received)
        slow = len(received) > 2 or any(item.data.code == "slow" for item in received)
        connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 5 if slow else 0})

    monkeypatch.setattr(consumer, "subscription", Subscription("c", "notes", UNITS, write_slowly))
    emit(database, "a", "b", "slow", "c")
    drain(relay.step)
    drain(consumer.step)
    assert codes(consuming) == ["a", "b", "c"]
    assert [position for position, _ in dead(consuming)] == [3]
    assert run_ops(consuming, ["replay", "c", "notes", "3"]) == 0
    emit(database, "d")
    drain(relay.step)
    drain(consumer.step)
    assert codes(consuming) == ["a", "b", "c", "d"]
    assert "QueryCanceled" in dead(consuming)[0][1]


def test_a_batch_too_large_for_a_message_is_asked_for_in_parts(database, relay, consumer, consuming):
    large = [events_pb2.OrgUnitChanged(code=str(number), kind="x" * 1_500_000) for number in range(4)]
    with database.begin() as connection:
        append(connection, [Fact("t.v1", data.code, 1, data) for data in large], NOW)
    drain(relay.step)
    while len(codes(consuming)) < 4:
        with contextlib.suppress(grpc.RpcError):
            consumer.step()
    assert consumer._page_size < BATCH


def test_a_consumer_that_starts_while_its_table_is_away_consumes_when_it_is_back(
    database, relay, databases, feed, redis_client
):
    emit(database, "a")
    drain(relay.step)
    stopped = threading.Event()
    with databases.database() as fresh, psycopg.connect(fresh.owner_url, autocommit=True) as owner:
        opened = fresh.open()
        made = Consumer(Subscription("c", "notes", UNITS, write), opened, feed, redis_client, Metrics())
        thread = threading.Thread(target=made.run, args=(stopped,))
        with capture_logs() as lines:
            owner.execute("ALTER TABLE consumer_positions RENAME TO away")
            thread.start()
            failed = eventually(lambda: lines or not thread.is_alive())
            owner.execute("ALTER TABLE away RENAME TO consumer_positions")
            reached = eventually(lambda: codes(opened) == ["a"], seconds=5)
            stopped.set()
            thread.join()
        opened.close()
    assert failed
    assert reached


def test_a_paused_consumer_waits_until_it_is_resumed(database, relay, consumer, consuming):
    emit(database, "a")
    drain(relay.step)
    assert run_ops(consuming, ["pause", "c", "notes"]) == 0
    consumer.step()
    assert codes(consuming) == []
    assert run_ops(consuming, ["resume", "c", "notes"]) == 0
    consumer.step()
    assert codes(consuming) == ["a"]


def test_a_redis_that_hangs_holds_up_one_batch_and_not_each(database):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = redis.Redis("127.0.0.1", silent.getsockname()[1], socket_timeout=0.3, retry=NEVER)
        relay = Relay("notes", database, client, Metrics())
        begun = time.monotonic()
        for number in range(10):
            emit(database, str(number))
            assert relay.step() == 1
        assert time.monotonic() - begun < 10 * 0.3


def test_another_epoch_stops_the_consumer(database, relay, consumer):
    emit(database, "a")
    drain(relay.step)
    consumer.step()
    with database.begin() as connection:
        connection.execute(text("UPDATE outbox_head SET epoch = gen_random_uuid()"))
    with pytest.raises(EpochChanged):
        consumer.step()


def test_after_a_restore_consumers_stop_until_they_are_told_to_read_again(
    database, relay, consumer, consuming, capsys
):
    emit(database, "a")
    drain(relay.step)
    consumer.step()
    before = value(database, "SELECT epoch::text FROM outbox_head")
    assert run_ops(database, ["new-epoch"]) == 0
    epoch = capsys.readouterr().out.split()[-1]
    assert before != epoch == value(database, "SELECT epoch::text FROM outbox_head")
    emit(database, "b")
    drain(relay.step)
    with pytest.raises(EpochChanged):
        consumer.step()
    assert codes(consuming) == ["a"]
    with consuming.begin() as connection:
        connection.execute(text("DELETE FROM notes"))  # so that what comes again shows
    assert run_ops(consuming, ["reread", "c", "nobody"]) == 1
    assert run_ops(consuming, ["reread", "c", "notes"]) == 0
    drain(consumer.step)
    assert codes(consuming) == ["a", "b"]


def value(database, query):
    with database.reading() as connection:
        return connection.execute(text(query)).scalar()


def test_a_producer_that_lost_events_stops_the_consumer(database, relay, consumer):
    emit(database, "a", "b")
    drain(relay.step)
    consumer.step()
    with database.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE position = 2"))
        connection.execute(text("UPDATE outbox_head SET position = 1"))
    with pytest.raises(EpochChanged):
        consumer.step()


def test_events_arrive_although_redis_lost_everything(database, relay, consumer, consuming, redis_client):
    stopped = threading.Event()
    threads = [threading.Thread(target=run, args=(stopped,)) for run in (relay.run, consumer.run)]
    for thread in threads:
        thread.start()
    try:
        emit(database, "a")
        assert eventually(lambda: codes(consuming) == ["a"])
        redis_client.flushdb()
        emit(database, "b")
        assert eventually(lambda: codes(consuming) == ["a", "b"])
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def test_a_successor_goes_on_where_a_dead_consumer_was(
    database, relay, consumer, consuming, feed, redis_client
):
    emit(database, *[f"{n:04}" for n in range(700)])
    drain(relay.step)
    consumer.step()
    heir = Consumer(consumer.subscription, consuming, feed, redis_client, Metrics())
    drain(heir.step)
    assert len(codes(consuming)) == 700


def test_the_lag_is_shown(consuming, capsys, database, relay, consumer):
    emit(database, "a")
    drain(relay.step)
    drain(consumer.step)
    assert run_ops(consuming, ["lag"]) == 0
    assert "c <- notes" in capsys.readouterr().out
    assert run_ops(consuming, ["leases"]) == 0
    assert run_ops(consuming, ["dead-letters"]) == 0
    assert run_ops(consuming, ["nonsense"]) == 2
    assert run_ops(consuming, ["pause", "nobody", "notes"]) == 1


def test_a_service_consumes_its_own_events_without_a_call(database, relay, redis_client):
    emit(database, "a", "b")
    drain(relay.step)
    own = OwnFeed("notes", database)
    made = Consumer(Subscription("c", "notes", UNITS, write), database, own, redis_client, Metrics())
    assert not made.step()
    assert codes(database) == ["a", "b"]
