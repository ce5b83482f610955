"""Keeps the local copy current from identity's events."""

from collections.abc import Iterable, Sequence
from typing import Any

from chassis.events import Received, Subscription
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert

from directory.tables import units, users


def subscription() -> Subscription:
    """Return the subscription by which a service follows the organisation."""
    return Subscription(consumer="directory", source="identity", apply=apply)


def apply(connection: Connection, received: Sequence[Received]) -> None:
    """Take over units and users; what is older than the copy is ignored."""
    store(connection, units, [_unit(item) for item in received if _is(item, events_pb2.OrgUnitChanged)])
    store(connection, users, [_user(item) for item in received if _is(item, events_pb2.UserChanged)])


def store(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows whose version is newer than what is there."""
    newest: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["id"] not in newest or newest[row["id"]]["version"] < row["version"]:
            newest[row["id"]] = row
    if not newest:
        return
    statement = insert(table).values(list(newest.values()))
    changed = {column.name: column for column in statement.excluded if column.name != "id"}
    newer = table.c.version < statement.excluded.version
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed, where=newer))


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
