"""Consumers: apply another service's events once each, in the order of their positions."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import grpc
import psycopg
import redis
import structlog
from journeyman.events.v1 import feed_pb2, feed_pb2_grpc
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolUsedUp

from chassis.database import Database
from chassis.events import parked
from chassis.events.feed import OwnFeed
from chassis.events.subscription import Subscription
from chassis.leases import Lease
from chassis.metrics import Metrics

BATCH = 500
PULL_DEADLINE_SECONDS = 5.0
LOOK_SECONDS = 1.0
ATTEMPTS = 3
START = "0-0"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class State:
    """Where a consumer stands; `epoch` is empty before the first event."""

    epoch: str
    position: int
    paused: bool
    has_replays: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Events to apply together, and the way of the position when they are.

    Attributes:
        events: what the producer handed out; what lies between and behind them is not wanted.
        epoch: the history that the positions belong to.
        before: where the consumer stood when it asked.
        reached: where it stands when this is done.
        caught_up_at: when the feed was known to end there; None when it goes on.
    """

    events: Sequence[feed_pb2.Event]
    epoch: str
    before: int
    reached: int
    caught_up_at: datetime | None

    def halves(self) -> "tuple[Batch, Batch]":
        middle = len(self.events) // 2
        between = self.events[middle - 1].position
        return (
            replace(self, events=self.events[:middle], reached=between, caught_up_at=None),
            replace(self, events=self.events[middle:], before=between),
        )


class EpochChanged(Exception):
    """The producer was restored from a backup: its positions mean something else now, or are gone."""


class PositionTaken(Exception):
    """Another consumer moved the position meanwhile, or an operator set it back: this batch is void."""


_NOT_THE_EVENTS_FAULT = (PositionTaken, psycopg.OperationalError, psycopg.InterfaceError, PoolUsedUp)

_OPEN = text(
    "INSERT INTO consumer_positions (consumer, source) VALUES (:consumer, :source) ON CONFLICT DO NOTHING"
)
_READ = text(
    "SELECT epoch, position, paused, EXISTS (SELECT FROM dead_letters AS parked WHERE replay_requested"
    " AND parked.consumer = :consumer AND parked.source = :source) AS has_replays"
    " FROM consumer_positions WHERE consumer = :consumer AND source = :source"
)
_MOVE = text(
    "UPDATE consumer_positions SET epoch = :epoch, position = :reached,"
    " caught_up_at = coalesce(:caught_up_at, caught_up_at)"
    " WHERE consumer = :consumer AND source = :source AND position = :before RETURNING true"
)


class Consumer:
    """Pulls a producer's events and applies them; one active at a time per consumer and source, by lease.

    The producer is another service, by a channel, or the service itself.
    """

    def __init__(
        self,
        subscription: Subscription[Any],
        database: Database,
        producer: grpc.Channel | OwnFeed,
        client: "redis.Redis",
        metrics: Metrics,
    ) -> None:
        self.subscription = subscription
        self._database = database
        stub = feed_pb2_grpc.EventFeedServiceStub
        self._feed = producer if isinstance(producer, OwnFeed) else stub(producer)
        self._redis = client
        self._metrics = metrics
        self._name = {"consumer": subscription.consumer, "source": subscription.source}
        self._lease = Lease(database, f"consumer:{subscription.consumer}:{subscription.source}")
        self._doorbell = START
        self._page_size = BATCH

    def run(self, stopped: threading.Event) -> None:
        """Consume until `stopped` is set; waits while another process holds the lease."""
        while not stopped.is_set():
            try:
                if not (self._lease.hold() and self.step()):
                    self._wait(stopped)
            except Exception as error:  # noqa: BLE001 - the producer or the database may be away
                log.warning("consumer failed", **self._name, error=str(error)[:300])
                stopped.wait(LOOK_SECONDS)
        self._lease.release()

    def step(self) -> bool:
        """Pull and apply one batch. Returns whether more waits behind it.

        Raises EpochChanged when the producer's history is not the one this consumer knows.
        """
        state = self._state()
        if state.paused:
            return False
        if state.has_replays:
            self._replay()
        asked_at = datetime.now(UTC)
        answer = self._pull(state.position)
        if state.epoch not in ("", answer.epoch) or answer.head_position < state.position:
            raise EpochChanged
        batch = self._batch(answer, state.position, asked_at)
        self._apply(batch)
        self._report(answer, batch.reached, asked_at)
        return batch.before < batch.reached < answer.head_position

    def _batch(self, answer: feed_pb2.ListEventsResponse, position: int, asked_at: datetime) -> Batch:
        last = answer.events[-1].position if answer.events else position
        reached = answer.next_position or last  # none from a producer older than the field
        return Batch(
            events=answer.events,
            epoch=answer.epoch if reached else "",  # who has passed nothing may follow any history
            before=position,
            reached=reached,
            caught_up_at=asked_at if reached >= answer.head_position else None,
        )

    def _pull(self, position: int) -> feed_pb2.ListEventsResponse:
        """Ask for the next batch; after one that was too large for a message, for half as many."""
        request = feed_pb2.ListEventsRequest(
            after_position=position, page_size=self._page_size, data_types=self.subscription.data_types()
        )
        try:
            answer = self._feed.ListEvents(request, timeout=PULL_DEADLINE_SECONDS)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                self._page_size = max(1, self._page_size // 2)
            raise
        self._page_size = min(BATCH, self._page_size * 2)
        return answer

    def _state(self) -> State:
        with self._database.reading() as connection:
            row = connection.execute(_READ, self._name).first()
            if row is None:
                connection.execute(_OPEN, self._name)
                row = connection.execute(_READ, self._name).one()
        return State(*row)

    def _apply(self, batch: Batch) -> None:
        """Apply a batch; one that fails is cut in halves until the bad event stands alone and is parked."""
        try:
            self._commit(batch)
        except Exception as error:
            if not batch.events or not _is_the_events_fault(error):
                raise
            if len(batch.events) > 1:
                for half in batch.halves():
                    self._apply(half)
            else:
                self._retry_or_park(batch, error)

    def _retry_or_park(self, batch: Batch, error: Exception) -> None:
        for _ in range(ATTEMPTS - 1):
            try:
                self._commit(batch)
            except Exception as again:
                if not _is_the_events_fault(again):
                    raise
                error = again
            else:
                return
        [event] = batch.events
        log.error("event parked", **self._name, position=event.position, type=event.type, error=str(error))
        with self._database.begin() as connection:
            parked.park(connection, self._name, event, error)
            self._move(connection, batch)

    def _replay(self) -> None:
        """Apply the parked events that an operator wants applied; one that fails again stays parked."""
        for position in parked.to_replay(self._database, self._name):
            try:
                with self._database.begin() as connection:
                    self._hand_over(connection, parked.take(connection, self._name, position))
            except Exception as error:
                if not _is_the_events_fault(error):
                    raise
                again = {**self._name, "position": position, "error": str(error)}
                log.error("event stays parked", **again)  # noqa: TRY400 - as when it was parked
                with self._database.begin() as connection:
                    parked.keep(connection, self._name, position, error)

    def _commit(self, batch: Batch) -> None:
        with self._database.begin() as connection:
            self._move(connection, batch)
            self._hand_over(connection, batch.events)

    def _hand_over(self, connection: Connection, events: Sequence[feed_pb2.Event]) -> None:
        if received := self.subscription.unpack(events):
            self.subscription.apply(connection, received)

    def _move(self, connection: Connection, batch: Batch) -> None:
        values = {
            **self._name,
            "epoch": batch.epoch,
            "before": batch.before,
            "reached": batch.reached,
            "caught_up_at": batch.caught_up_at,
        }
        if connection.execute(_MOVE, values).scalar() is None:
            raise PositionTaken

    def _report(self, answer: feed_pb2.ListEventsResponse, reached: int, asked_at: datetime) -> None:
        waiting = max(0, answer.head_position - reached)
        age = 0.0
        if waiting and answer.events:
            age = (asked_at - answer.events[-1].time.ToDatetime(UTC)).total_seconds()
        self._metrics.consumer_lag(self.subscription.consumer, self.subscription.source, waiting, age)

    def _wait(self, stopped: threading.Event) -> None:
        """Wait for the doorbell, at most a second: Redis may be away or may have lost it."""
        try:
            answer = cast(
                "list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]",
                self._redis.xread(
                    {f"journeyman.{self.subscription.source}": self._doorbell},
                    block=int(LOOK_SECONDS * 1000),
                ),
            )
            if answer:
                self._doorbell = answer[0][1][-1][0].decode()
        except redis.RedisError:
            self._doorbell = START
            stopped.wait(LOOK_SECONDS)


def _is_the_events_fault(error: Exception) -> bool:
    """Whether fewer events may do better: when the database took too long, not when it is away."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.errors.QueryCanceled) or not isinstance(cause, _NOT_THE_EVENTS_FAULT)
