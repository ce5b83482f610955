"""Keeps the local copy current from identity's events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chassis.events import Received, Subscription, store_newer
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Connection, select

from directory.tables import units, users


@dataclass(frozen=True, slots=True)
class Move:
    """A person who belongs to another unit since the business instant `at`."""

    user_id: str
    from_unit_id: str
    to_unit_id: str
    at: datetime


Follow = Callable[[Connection, Move], None]


def stay(_: Connection, __: Move) -> None:
    """Do nothing about a move: the service keeps facts only."""


def subscription(follow: Follow = stay) -> Subscription:
    """Return the subscription by which a service follows the organisation.

    `follow` takes the service's masters and open tasks along when their owner moves, in the transaction in
    which the copy hears of it: each move once, in the order in which they were made.
    """
    return Subscription(consumer="directory", source="identity", apply=partial(apply, follow=follow))


def apply(connection: Connection, received: Sequence[Received], follow: Follow = stay) -> None:
    """Take over units and users; what is older than the copy is ignored."""
    store_newer(connection, units, [_unit(item) for item in received if _is(item, events_pb2.OrgUnitChanged)])
    changes = [item for item in received if _is(item, events_pb2.UserChanged)]
    moves = _moves(connection, changes)
    store_newer(connection, users, [_user(item) for item in changes])
    for move in moves:
        follow(connection, move)


def _moves(connection: Connection, changes: Sequence[Received]) -> Sequence[Move]:
    """Return how people move by these changes; of who was not known before nothing here can follow."""
    rows = [(_user(change), change.event.time.ToDatetime(UTC)) for change in changes]
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


def _is(received: Received, type_: type[Any]) -> bool:
    return isinstance(received.data, type_)


def _unit(received: Received) -> dict[str, Any]:
    data = received.data
    assert isinstance(data, events_pb2.OrgUnitChanged)  # noqa: S101 - chosen by the caller
    return {
        "id": data.unit_id,
        "parent_id": data.parent_id or None,
        "kind": data.kind,
        "code": data.code,
        "version": received.event.aggregate_version,
    }


def _user(received: Received) -> dict[str, Any]:
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
