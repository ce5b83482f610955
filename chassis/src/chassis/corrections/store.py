"""Keeps corrections."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.access import RowScope
from chassis.corrections.records import Correctable, Record
from chassis.corrections.rules import State
from chassis.corrections.tables import corrections
from chassis.identifiers import new_id
from chassis.server.call import Call

_columns = corrections.c


def visible(call: Call, correctables: Iterable[Correctable]) -> ColumnElement[bool]:
    """Return the condition of what the call reaches, of records that its caller may read."""
    readable = [
        (_columns.collection == each.collection) & _within(call.reach(each.permission))
        for each in correctables
    ]
    return _within(call.scope) & or_(*readable)


def _within(scope: RowScope) -> ColumnElement[bool]:
    return scope.clause(_columns.unit_id, _columns.owner_id)


def add(
    connection: Connection,
    collection: str,
    record: Record,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
    filed_by: str,
    at: datetime,
) -> Row[Any] | None:
    """Keep a filed correction, or return None when another one of the record waits."""
    values = {
        "id": new_id(),
        "collection": collection,
        "record_id": record.id,
        "unit_id": record.unit_id,
        "owner_id": record.owner_id,
        "before": before,
        "after": after,
        "reason": reason,
        "filed_by": filed_by,
        "state": State.FILED,
        "decision_note": "",
        "created_at": at,
    }
    statement = insert(corrections).values(values).on_conflict_do_nothing()
    return connection.execute(statement.returning(corrections)).one_or_none()


def find(connection: Connection, correction_id: str, reached: ColumnElement[bool]) -> Row[Any] | None:
    return connection.execute(select(corrections).where(_columns.id == correction_id, reached)).one_or_none()


def lock(connection: Connection, correction_id: str, reached: ColumnElement[bool]) -> Row[Any] | None:
    query = select(corrections).where(_columns.id == correction_id, reached).with_for_update()
    return connection.execute(query).one_or_none()


def decide(
    connection: Connection, correction_id: str, state: State, *, by: str | None, note: str, at: datetime
) -> Row[Any]:
    """Keep how a locked correction ended."""
    values = {"state": state, "decided_by": by, "decision_note": note, "decided_at": at}
    statement = update(corrections).where(_columns.id == correction_id).values(values)
    return connection.execute(statement.returning(corrections)).one()


def read_page(
    connection: Connection,
    reached: ColumnElement[bool],
    *,
    state: State | None,
    collection: str,
    record_id: str,
    before_id: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return corrections, newest first, that are older than `before_id`, where that is given."""
    query = select(corrections).where(reached)
    if state:
        query = query.where(_columns.state == state)
    if record_id:
        query = query.where(_columns.collection == collection, _columns.record_id == record_id)
    if before_id:
        query = query.where(_columns.id < before_id)
    return connection.execute(query.order_by(_columns.id.desc()).limit(limit)).all()
