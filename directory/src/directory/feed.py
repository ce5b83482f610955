"""Keeps the local copy current from identity's events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chassis.events import Received, Subscription, store_newer
from google.protobuf.message import Message
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Connection, select

from directory.tables import units, users
from directory.tree import open_unit

FACTS: Sequence[type[Message]] = (
    events_pb2.OrgUnitChanged,
    events_pb2.UserChanged,
    events_pb2.OrgUnitMerged,
    events_pb2.OwnershipHandedOver,
)


@dataclass(frozen=True, slots=True)
class Move:
    """A person who belongs to another unit since the business instant `at`."""

    user_id: str
    from_unit_id: str
    to_unit_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Merge:
    """A unit that was merged, at the business instant `at`, into one that works."""

    unit_id: str
    into_unit_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandOver:
    """What somebody has goes to a successor, who belongs to `to_unit_id`, at the business instant `at`."""

    from_user_id: str
    to_user_id: str
    to_unit_id: str
    at: datetime


def stay(_: Connection, __: object) -> None:
    """Do nothing: the service keeps facts only."""


@dataclass(frozen=True, slots=True)
class Followers:
    """What a service does when the organisation changes, in the transaction in which the copy hears of it.

    Each event once, in the order in which they were made; merges before the moves that they bring about.

    Attributes:
        move: takes masters and open tasks along with their owner to another unit.
        merge: gives what belongs to a unit itself to the one that goes on.
        hand_over: gives a successor what somebody still owns and has open.
    """

    move: Callable[[Connection, Move], None] = stay
    merge: Callable[[Connection, Merge], None] = stay
    hand_over: Callable[[Connection, HandOver], None] = stay


_NOBODY = Followers()


def subscription(followers: Followers = _NOBODY) -> Subscription[Message]:
    """Return the subscription by which a service follows the organisation."""
    return Subscription("directory", "identity", FACTS, partial(apply, followers=followers))


def apply(
    connection: Connection, received: Sequence[Received[Message]], followers: Followers = _NOBODY
) -> None:
    """Take over units and users; what is older than the copy is ignored."""
    store_newer(connection, units, [_unit(item) for item in received if _is(item, events_pb2.OrgUnitChanged)])
    changes = [item for item in received if _is(item, events_pb2.UserChanged)]
    moves = _moves(connection, changes)
    store_newer(connection, users, [_user(item) for item in changes])
    for item in received:
        if isinstance(item.data, events_pb2.OrgUnitMerged):
            followers.merge(connection, _merge(connection, item.data, _at(item)))
    for move in moves:
        followers.move(connection, move)
    for item in received:
        if isinstance(item.data, events_pb2.OwnershipHandedOver):
            followers.hand_over(connection, _hand_over(connection, item.data, _at(item)))


def _merge(connection: Connection, data: events_pb2.OrgUnitMerged, at: datetime) -> Merge:
    """The other unit may have been merged too before this was heard of, or was heard of late."""
    return Merge(data.unit_id, open_unit(connection, data.into_unit_id), at)


def _hand_over(connection: Connection, data: events_pb2.OwnershipHandedOver, at: datetime) -> HandOver:
    """The successor may have moved before this was heard of: the copy's unit is as new or newer."""
    own = connection.execute(select(users.c.unit_id).where(users.c.id == data.to_user_id)).scalar()
    return HandOver(data.from_user_id, data.to_user_id, own or data.to_unit_id, at)


def _at(received: Received[Message]) -> datetime:
    return received.event.time.ToDatetime(UTC)


def _moves(connection: Connection, changes: Sequence[Received[Message]]) -> Sequence[Move]:
    """Return how people move by these changes; of who was not known before nothing here can follow."""
    rows = [(_user(change), _at(change)) for change in changes]
    query = select(users.c.id, users.c.unit_id, users.c.version).where(
        users.c.id.in_({row["id"] for row, _ in rows})
    )
    known = {row.id: (row.unit_id, row.version) for row in connection.execute(query)}
    moves = []
    for row, at in rows:
        unit_id, version = known.get(row["id"], (row["unit_id"], -1))
        if row["version"] > version:
            known[row["id"]] = (row["unit_id"], row["version"])
            if row["unit_id"] != unit_id:
                moves.append(Move(row["id"], unit_id, row["unit_id"], at))
    return moves


def _is(received: Received[Message], type_: type[Any]) -> bool:
    return isinstance(received.data, type_)


def _unit(received: Received[Message]) -> dict[str, Any]:
    data = received.data
    assert isinstance(data, events_pb2.OrgUnitChanged)  # noqa: S101 - chosen by the caller
    return {
        "id": data.unit_id,
        "parent_id": data.parent_id or None,
        "kind": data.kind,
        "code": data.code,
        "closed": data.closed,
        "version": received.event.aggregate_version,
    }


def _user(received: Received[Message]) -> dict[str, Any]:
    data = received.data
    assert isinstance(data, events_pb2.UserChanged)  # noqa: S101 - chosen by the caller
    return {
        "id": data.user_id,
        "unit_id": data.unit_id,
        "active": data.active,
        "kind": data.kind,
        "role_codes": list(data.role_codes),
        "version": received.event.aggregate_version,
    }
