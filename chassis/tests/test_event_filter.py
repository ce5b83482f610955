"""Consumers that ask for some kinds of events only, between two real databases."""

from contextlib import contextmanager
from datetime import UTC, datetime

import grpc
import psycopg
import pytest
from chassis.events import Consumer, EventFeedServicer, Relay, Subscription
from chassis.events import feed as feed_module
from chassis.events.consumer import PositionTaken
from chassis.metrics import Metrics
from chassis.outbox import Fact, append
from chassis.service.ops import run_ops
from chassis.testing import OneUnitEach, serving
from journeyman.events.v1 import feed_pb2, feed_pb2_grpc
from journeyman.identity.v1 import events_pb2
from sqlalchemy import event, text

NOW = datetime(2026, 3, 2, tzinfo=UTC)
UNIT, USER = "journeyman.identity.v1.OrgUnitChanged", "journeyman.identity.v1.UserChanged"


class RememberingFeedServicer(EventFeedServicer):
    """The feed, and the positions that it has handed out."""

    def __init__(self, service):
        super().__init__(service)
        self.handed_out = []

    def list_events(self, request, call):
        answer = super().list_events(request, call)
        self.handed_out += positions(answer)
        return answer


class OlderFeedServicer(EventFeedServicer):
    """The feed before it knew of kinds."""

    def list_events(self, request, call):
        request.ClearField("data_types")
        answer = super().list_events(request, call)
        answer.ClearField("next_position")
        return answer


@pytest.fixture
def emit(database, redis_client):
    """Publish units by their codes; a dot is an event of another kind."""
    relay = Relay("notes", database, redis_client, Metrics())

    def publish(*codes):
        with database.begin() as connection:
            append(connection, [fact(code) for code in codes], NOW)
        while relay.step():
            pass

    return publish


def fact(code):
    data = events_pb2.UserChanged(user_id="u") if code == "." else events_pb2.OrgUnitChanged(code=code)
    return Fact("t.v1", "s", 1, data)


@pytest.fixture
def channel(database, clock):
    @contextmanager
    def opened(servicer):
        with (
            serving(
                [servicer],
                database=database,
                clock=clock,
                tree=OneUnitEach(),
                errors={},
                service="notes",
            ) as server,
            server.channel(server.issuer.token("events.read", person=False)) as made,
        ):
            yield made

    return opened


@pytest.fixture
def feed(channel):
    with channel(EventFeedServicer("notes")) as made:
        yield made


@pytest.fixture
def ask(feed):
    def listed(**fields):
        return feed_pb2_grpc.EventFeedServiceStub(feed).ListEvents(feed_pb2.ListEventsRequest(**fields))

    return listed


class Following:
    """A consumer of units that keeps what it is handed; a code that begins with `bad` fails."""

    def __init__(self, consuming, channel, redis_client):
        self.batches = []
        self.fails = ValueError
        self.database = consuming
        self.metrics = Metrics()
        subscription = Subscription("c", "notes", (events_pb2.OrgUnitChanged,), self.apply)
        self.consumer = Consumer(subscription, consuming, channel, redis_client, self.metrics)

    def apply(self, _connection, received):
        codes = [each.data.code for each in received]
        if any(code.startswith("bad") for code in codes):
            raise self.fails
        self.batches.append(codes)

    def step(self):
        return self.consumer.step()

    def drain(self):
        while self.step():
            pass

    def value(self, query):
        with self.database.reading() as connection:
            return connection.execute(text(query)).scalar()

    @property
    def position(self):
        return self.value("SELECT position FROM consumer_positions")

    @property
    def caught_up_at(self):
        return self.value("SELECT caught_up_at FROM consumer_positions")

    @property
    def parked(self):
        return self.value("SELECT array_agg(position ORDER BY position) FROM dead_letters") or []


@pytest.fixture
def following(consuming, feed, redis_client):
    return Following(consuming, feed, redis_client)


def positions(answer):
    return [each.position for each in answer.events]


def test_a_caller_is_given_the_kinds_that_it_asks_for(emit, ask):
    emit(".", "a", ".", "b", ".")
    assert positions(ask(data_types=[UNIT])) == [2, 4]
    assert positions(ask(data_types=[USER])) == [1, 3, 5]
    assert positions(ask(data_types=[USER, UNIT])) == [1, 2, 3, 4, 5]
    assert positions(ask(data_types=["journeyman.identity.v1.OrgUnit"])) == []


def test_a_caller_that_knows_of_no_kinds_is_given_all(emit, ask):
    emit(".", "a", ".")
    answer = ask()
    assert positions(answer) == [1, 2, 3]
    assert (answer.head_position, answer.next_position) == (3, 3)


def test_an_answer_says_where_to_go_on(emit, ask):
    assert ask(data_types=[UNIT]).next_position == 0
    emit(".", "a", ".", "b", ".", "c", ".", ".")
    following = [ask(data_types=[UNIT], page_size=2, after_position=after) for after in (0, 4, 8)]
    assert [positions(answer) for answer in following] == [[2, 4], [6], []]
    assert [answer.next_position for answer in following] == [4, 8, 8]


def test_a_call_looks_through_so_many_positions_and_no_more(emit, ask, monkeypatch):
    monkeypatch.setattr(feed_module, "LOOKED_THROUGH", 3)
    emit(".", ".", ".", ".", "a", ".", ".")
    answers = [ask(data_types=[UNIT], after_position=after) for after in (0, 3, 6)]
    assert [positions(answer) for answer in answers] == [[], [5], []]
    assert [answer.next_position for answer in answers] == [3, 6, 7]


@pytest.mark.parametrize("names", [["A" * 101], [""], ["客户"], ["type.googleapis.com/A"], ["A"] * 51])
def test_kinds_that_cannot_be_are_refused(ask, names):
    with pytest.raises(grpc.RpcError) as refused:
        ask(data_types=names)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_consumer_is_handed_what_it_asks_for_and_passes_over_the_rest(emit, following):
    emit(".", "a", ".", "b", ".", ".")
    assert not following.step()
    assert (following.batches, following.position) == ([["a", "b"]], 6)
    emit(".")
    assert not following.step()
    assert (following.batches, following.position) == ([["a", "b"]], 7)


def test_a_consumer_is_sent_nothing_else(emit, channel, consuming, redis_client):
    servicer = RememberingFeedServicer("notes")
    emit(".", "a", ".")
    with channel(servicer) as feed:
        Following(consuming, feed, redis_client).drain()
    assert servicer.handed_out == [2]


def test_a_consumer_goes_on_at_once_until_it_has_looked_through_all(emit, following, monkeypatch):
    monkeypatch.setattr(feed_module, "LOOKED_THROUGH", 3)
    emit(".", ".", ".", ".", ".", ".", "a")
    assert [following.step() for _ in range(4)] == [True, True, False, False]
    assert (following.batches, following.position) == ([["a"]], 7)


def test_a_consumer_follows_a_producer_that_knows_of_no_kinds(emit, channel, consuming, redis_client):
    with channel(OlderFeedServicer("notes")) as older:
        following = Following(consuming, older, redis_client)
        following.consumer._page_size = 2
        emit(".", "a", ".", "bad", ".", ".", "b", ".")
        following.drain()
        assert not following.step()
    assert (following.batches, following.position, following.parked) == ([["a"], ["b"]], 8, [4])
    assert following.caught_up_at


def test_a_feed_is_caught_up_with_when_nothing_waits_behind_the_page(emit, following, monkeypatch):
    monkeypatch.setattr(feed_module, "LOOKED_THROUGH", 2)
    emit("a", ".", ".", ".")
    assert following.step()
    assert following.caught_up_at is None
    begun = datetime.now(UTC)
    assert not following.step()
    first = following.caught_up_at
    assert begun <= first <= datetime.now(UTC)
    following.step()
    assert following.caught_up_at > first
    emit("b", ".", ".")
    known = following.caught_up_at
    assert following.step()
    assert following.caught_up_at == known


@pytest.mark.parametrize("news", [[], ["."], ["b"]])
def test_a_position_that_is_set_back_meanwhile_stays_there(emit, following, monkeypatch, news):
    emit("a")
    following.step()
    emit(*news)
    pull = following.consumer._pull

    def pull_while_it_is_set_back(position):
        answer = pull(position)
        with following.database.begin() as connection:
            connection.execute(text("UPDATE consumer_positions SET position = 0, caught_up_at = NULL"))
        return answer

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(following.consumer, "_pull", pull_while_it_is_set_back)
        with pytest.raises(PositionTaken):
            following.step()
    assert (following.position, following.caught_up_at) == (0, None)
    following.step()
    assert following.batches == [["a"], ["a", *(code for code in news if code != ".")]]


def test_bad_events_between_others_are_parked_and_the_end_is_reached(emit, following):
    emit(".", "a", ".", "bad1", ".", "b", ".", "c", "bad2", ".", ".")
    assert not following.step()
    assert (following.batches, following.parked) == ([["a"], ["b"], ["c"]], [4, 9])
    assert following.position == 11
    assert following.caught_up_at
    assert run_ops(following.database, ["replay", "c", "notes", "4"]) == 0
    following.fails = RuntimeError
    following.step()
    assert "RuntimeError" in following.value("SELECT error FROM dead_letters WHERE position = 4")


def test_half_a_batch_is_not_all_of_it(emit, following):
    """The batch is cut, its first half is in, and then the database is away."""
    emit("a", ".", "bad", ".")
    consumer, commit = following.consumer, following.consumer._commit

    def commit_the_first(batch):
        if batch.before:
            raise psycopg.OperationalError
        commit(batch)

    consumer._commit = commit_the_first
    with pytest.raises(psycopg.OperationalError):
        following.step()
    assert (following.batches, following.position, following.caught_up_at) == ([["a"]], 1, None)
    consumer._commit = commit
    assert not following.step()
    assert (following.batches, following.position, following.parked) == ([["a"]], 4, [3])


def test_a_position_that_cannot_be_moved_in_time_is_moved_later(emit, following, monkeypatch):
    emit(".")

    def take_too_long(_batch):
        raise psycopg.errors.QueryCanceled

    with monkeypatch.context() as slow:
        slow.setattr(following.consumer, "_commit", take_too_long)
        with pytest.raises(psycopg.errors.QueryCanceled):
            following.step()
    following.step()
    assert (following.position, following.parked) == (1, [])


def test_a_parked_event_of_a_kind_that_is_not_wanted_any_more_goes_without_effect(
    emit, following, monkeypatch
):
    emit("bad")
    following.step()
    fewer = Subscription("c", "notes", (events_pb2.UserChanged,), following.apply)
    monkeypatch.setattr(following.consumer, "subscription", fewer)
    assert run_ops(following.database, ["replay", "c", "notes", "1"]) == 0
    following.step()
    assert (following.parked, following.batches) == ([], [])


def test_a_paused_consumer_passes_over_nothing(emit, following):
    following.step()
    emit(".", "a")
    assert run_ops(following.database, ["pause", "c", "notes"]) == 0
    assert not following.step()
    assert following.position == 0
    assert run_ops(following.database, ["resume", "c", "notes"]) == 0
    following.step()
    assert (following.batches, following.position) == ([["a"]], 2)


def test_who_has_passed_nothing_may_follow_any_history(emit, following, database):
    following.step()
    assert run_ops(database, ["new-epoch"]) == 0
    emit(".", "a")
    following.step()
    assert following.batches == [["a"]]


@pytest.mark.parametrize("news", [[], ["."], ["a", "."]])
def test_a_step_is_one_read_and_one_transaction(emit, following, news):
    following.step()
    emit(*news)
    done = []
    engine = following.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: done.append(given[2].split()[0]))
    event.listen(engine, "commit", lambda _: done.append("COMMIT"))
    following.step()
    assert done == ["SELECT", "UPDATE", "COMMIT"]


def test_what_waits_is_shown_whatever_of_it_is_wanted(emit, following, monkeypatch):
    monkeypatch.setattr(feed_module, "LOOKED_THROUGH", 2)
    emit(".", ".", ".", "a", ".")
    waiting = []
    for _ in range(3):
        following.step()
        sample = {"group": "c", "source": "notes"}
        waiting.append(following.metrics.registry.get_sample_value("journeyman_consumer_lag_events", sample))
    assert waiting == [3, 1, 0]
