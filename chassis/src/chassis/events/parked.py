"""The events that a consumer could not apply, until an operator wants them applied again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from journeyman.events.v1 import feed_pb2
from sqlalchemy import Connection, text

from chassis.database import Database

_PARK = text(
    "INSERT INTO dead_letters (consumer, source, position, event, error, parked_at)"
    " VALUES (:consumer, :source, :position, :event, :error, :at) ON CONFLICT DO NOTHING"
)
_TO_REPLAY = text(
    "SELECT position FROM dead_letters WHERE consumer = :consumer AND source = :source"
    " AND replay_requested ORDER BY position LIMIT 100"
)
_TAKE = text(
    "DELETE FROM dead_letters WHERE consumer = :consumer AND source = :source AND position = :position"
    " AND replay_requested RETURNING event"
)
_KEEP = text(
    "UPDATE dead_letters SET replay_requested = false, error = :error"
    " WHERE consumer = :consumer AND source = :source AND position = :position"
)

Name = Mapping[str, str]
"""Which consumer of which source."""


def park(connection: Connection, name: Name, event: feed_pb2.Event, error: Exception) -> None:
    """Set an event aside, with the error for the operator."""
    values = {
        **name,
        "position": event.position,
        "event": event.SerializeToString(),
        "error": _told(error),
        "at": datetime.now(UTC),
    }
    connection.execute(_PARK, values)


def to_replay(database: Database, name: Name) -> Sequence[int]:
    """Return the positions of the events that an operator wants applied, a hundred at most."""
    with database.reading() as connection:
        return connection.execute(_TO_REPLAY, name).scalars().all()


def take(connection: Connection, name: Name, position: int) -> Sequence[feed_pb2.Event]:
    """Take one event that an operator wants applied; none when somebody else has taken it."""
    event = connection.execute(_TAKE, {**name, "position": position}).scalar()
    return [] if event is None else [feed_pb2.Event.FromString(bytes(event))]


def keep(connection: Connection, name: Name, position: int, error: Exception) -> None:
    """Leave one set aside that failed again."""
    connection.execute(_KEEP, {**name, "position": position, "error": _told(error)})


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
