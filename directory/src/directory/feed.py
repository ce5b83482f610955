"""Keeps the local copy current from identity's events."""

from collections.abc import Sequence
from typing import Any

from chassis.events import Received, Subscription, store_newer
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Connection

from directory.tables import units, users


def subscription() -> Subscription:
    """Return the subscription by which a service follows the organisation."""
    return Subscription(consumer="directory", source="identity", apply=apply)


def apply(connection: Connection, received: Sequence[Received]) -> None:
    """Take over units and users; what is older than the copy is ignored."""
    store_newer(connection, units, [_unit(item) for item in received if _is(item, events_pb2.OrgUnitChanged)])
    store_newer(connection, users, [_user(item) for item in received if _is(item, events_pb2.UserChanged)])


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
