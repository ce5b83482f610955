"""Consumers: apply another service's events once each, in the order of their positions."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import grpc
import psycopg
import redis
import structlog
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message
from journeyman.events.v1 import feed_pb2, feed_pb2_grpc
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolUsedUp

from chassis.database import Database
from chassis.events.feed import OwnFeed
from chassis.leases import Lease
from chassis.metrics import Metrics

BATCH = 500
PULL_DEADLINE_SECONDS = 5.0
LOOK_SECONDS = 1.0
ATTEMPTS = 3
START = "0-0"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Received:
    """An event together with its unpacked fact."""

    event: feed_pb2.Event
    data: Message


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service does with another's events.

    `apply` gets a batch in the order of positions, inside the transaction that also moves the position. An
    event may come again after it was parked and replayed: a handler ignores what is older than what it knows.
    """

    consumer: str
    source: str
    apply: Callable[[Connection, Sequence[Received]], None]


class EpochChanged(Exception):
    """The producer was restored from a backup: its positions mean something else now, or are gone."""


class PositionTaken(Exception):
    """Another consumer moved the position meanwhile: this batch is its work now."""


_NOT_THE_EVENTS_FAULT = (PositionTaken, psycopg.OperationalError, psycopg.InterfaceError, PoolUsedUp)

_OPEN = text(
    "INSERT INTO consumer_positions (consumer, source) VALUES (:consumer, :source) ON CONFLICT DO NOTHING"
)
_READ = text(
    "SELECT epoch, position, paused FROM consumer_positions WHERE consumer = :consumer AND source = :source"
)
_MOVE = text(
    "UPDATE consumer_positions SET epoch = :epoch, position = :position"
    " WHERE consumer = :consumer AND source = :source AND position = :before RETURNING true"
)
_CAUGHT_UP = text(
    "UPDATE consumer_positions SET caught_up_at = :at"
    " WHERE consumer = :consumer AND source = :source AND position = :reached"
)
_PARK = text(
    "INSERT INTO dead_letters (consumer, source, position, event, error, parked_at)"
    " VALUES (:consumer, :source, :position, :event, :error, :at) ON CONFLICT DO NOTHING"
)
_REPLAYS = text(
    "SELECT position FROM dead_letters WHERE consumer = :consumer AND source = :source"
    " AND replay_requested ORDER BY position LIMIT 100"
)
_TAKE_PARKED = text(
    "DELETE FROM dead_letters WHERE consumer = :consumer AND source = :source AND position = :position"
    " AND replay_requested RETURNING event"
)
_KEEP_PARKED = text(
    "UPDATE dead_letters SET replay_requested = false, error = :error"
    " WHERE consumer = :consumer AND source = :source AND position = :position"
)


class Consumer:
    """Pulls a producer's events and applies them; one active at a time per consumer and source, by lease.

    The producer is another service, by a channel, or the service itself.
    """

    def __init__(
        self,
        subscription: Subscription,
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

    def step(self) -> int:
        """Pull and apply one batch. Returns how many events the position moved over.

        Raises EpochChanged when the producer's history is not the one this consumer knows.
        """
        epoch, position, paused = self._state()
        if paused:
            return 0
        self._replay()
        asked_at = datetime.now(UTC)
        answer = self._pull(position)
        if epoch not in ("", answer.epoch) or answer.head_position < position:
            raise EpochChanged
        if answer.events:
            self._apply(answer.events, answer.epoch, position)
        self._report(answer, position, asked_at)
        return len(answer.events)

    def _pull(self, position: int) -> feed_pb2.ListEventsResponse:
        """Ask for the next batch; after one that was too large for a message, for half as many."""
        request = feed_pb2.ListEventsRequest(after_position=position, page_size=self._page_size)
        try:
            answer = self._feed.ListEvents(request, timeout=PULL_DEADLINE_SECONDS)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                self._page_size = max(1, self._page_size // 2)
            raise
        self._page_size = min(BATCH, self._page_size * 2)
        return answer

    def _state(self) -> tuple[str, int, bool]:
        with self._database.reading() as connection:
            row = connection.execute(_READ, self._name).first()
            if row is None:
                connection.execute(_OPEN, self._name)
                row = connection.execute(_READ, self._name).one()
        return row.epoch, row.position, row.paused

    def _apply(self, events: Sequence[feed_pb2.Event], epoch: str, before: int) -> None:
        """Apply a batch; one that fails is cut in halves until the bad event stands alone and is parked."""
        try:
            self._commit(events, epoch, before)
        except Exception as error:
            if not _is_the_events_fault(error):
                raise
            if len(events) > 1:
                middle = len(events) // 2
                self._apply(events[:middle], epoch, before)
                self._apply(events[middle:], epoch, events[middle - 1].position)
            else:
                self._retry_or_park(events[0], epoch, before, error)

    def _retry_or_park(self, event: feed_pb2.Event, epoch: str, before: int, error: Exception) -> None:
        for _ in range(ATTEMPTS - 1):
            try:
                self._commit([event], epoch, before)
            except Exception as again:
                if not _is_the_events_fault(again):
                    raise
                error = again
            else:
                return
        log.error("event parked", **self._name, position=event.position, type=event.type, error=str(error))
        with self._database.begin() as connection:
            values = {
                **self._name,
                "position": event.position,
                "event": event.SerializeToString(),
                "error": _told(error),
                "at": datetime.now(UTC),
            }
            connection.execute(_PARK, values)
            self._move(connection, epoch, before, event.position)

    def _replay(self) -> None:
        """Apply the parked events that an operator wants applied; one that fails again stays parked."""
        with self._database.reading() as connection:
            positions = connection.execute(_REPLAYS, self._name).scalars().all()
        for position in positions:
            key = {**self._name, "position": position}
            try:
                self._replay_one(key)
            except Exception as error:
                if not _is_the_events_fault(error):
                    raise
                log.error("event stays parked", **key, error=str(error))  # noqa: TRY400 - as when it was parked
                with self._database.begin() as connection:
                    connection.execute(_KEEP_PARKED, {**key, "error": _told(error)})

    def _replay_one(self, key: dict[str, object]) -> None:
        with self._database.begin() as connection:
            event = connection.execute(_TAKE_PARKED, key).scalar()
            if event is not None:
                self.subscription.apply(connection, unpack([feed_pb2.Event.FromString(bytes(event))]))

    def _commit(self, events: Sequence[feed_pb2.Event], epoch: str, before: int) -> None:
        with self._database.begin() as connection:
            self._move(connection, epoch, before, events[-1].position)
            self.subscription.apply(connection, unpack(events))

    def _move(self, connection: Connection, epoch: str, before: int, position: int) -> None:
        values = {**self._name, "epoch": epoch, "position": position, "before": before}
        if connection.execute(_MOVE, values).scalar() is None:
            raise PositionTaken

    def _report(self, answer: feed_pb2.ListEventsResponse, position: int, asked_at: datetime) -> None:
        reached = answer.events[-1].position if answer.events else position
        waiting = answer.head_position - reached
        age = 0.0
        if waiting > 0 and answer.events:
            age = (asked_at - answer.events[-1].time.ToDatetime(UTC)).total_seconds()
        self._metrics.consumer_lag(self.subscription.consumer, self.subscription.source, waiting, age)
        if waiting <= 0:
            with self._database.begin() as connection:
                # the position may have been set back meanwhile, to rebuild: then nothing is caught up
                values = {**self._name, "at": asked_at, "reached": reached}
                connection.execute(_CAUGHT_UP, values)

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


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]


def unpack(events: Sequence[feed_pb2.Event]) -> list[Received]:
    """Unpack the facts whose type this service knows; newer ones are not for it."""
    pool = descriptor_pool.Default()
    received = []
    for event in events:
        try:
            descriptor = pool.FindMessageTypeByName(event.data.TypeName())
        except KeyError:
            continue
        data = message_factory.GetMessageClass(descriptor)()
        event.data.Unpack(data)
        received.append(Received(event, data))
    return received
