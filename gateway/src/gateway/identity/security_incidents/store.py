"""Keeps security incidents."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.access import Caller, RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from chassis.work import Place, behind
from sqlalchemy import ColumnElement, Connection, Row, insert, null, or_, select, update

from gateway.identity.security_incidents.rules import State
from gateway.identity.security_incidents.tables import security_incidents as incidents

_columns = incidents.c


def in_reach(scope: RowScope) -> "ColumnElement[bool]":
    """Return the condition of the incidents from the scope's units."""
    return scope.clause(_columns.unit_id, null())


def visible(scope: RowScope, caller: Caller) -> "ColumnElement[bool]":
    """Return the condition of what the caller sees: the scope, and what they have reported themselves."""
    return (
        or_(in_reach(scope), _columns.reporter_id == caller.subject) if caller.is_person else in_reach(scope)
    )


def add(connection: Connection, values: dict[str, Any], caller: Caller, at: datetime) -> "Row[Any]":
    row = {
        **values,
        "id": new_id(),
        "state": State.REPORTED,
        "reporter_id": caller.subject,
        "unit_id": caller.unit_id,
        "created_at": at,
    }
    return connection.execute(insert(incidents).values(row).returning(incidents)).one()


def find(connection: Connection, incident_id: str, seen: "ColumnElement[bool]") -> "Row[Any] | None":
    return connection.execute(select(incidents).where(_columns.id == incident_id, seen)).first()


def lock(connection: Connection, incident_id: str, scope: RowScope) -> "Row[Any] | None":
    """Return the incident, which nobody else takes up or closes until we commit."""
    query = select(incidents).where(_columns.id == incident_id, in_reach(scope))
    return connection.execute(query.with_for_update()).first()


def change(connection: Connection, incident_id: str, values: dict[str, Any]) -> "Row[Any]":
    statement = update(incidents).where(_columns.id == incident_id).values(values)
    return connection.execute(statement.returning(incidents)).one()


def read_page(
    connection: Connection, page: Page, seen: "ColumnElement[bool]", *, state: str, unit_id: str
) -> "Sequence[Row[Any]]":
    """Return the incidents of a page and one more, newest first."""
    query = select(incidents).where(seen)
    if state:
        query = query.where(_columns.state == state)
    if unit_id:
        query = query.where(_columns.unit_id == unit_id)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < str(key[0]))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()


def reported(
    connection: Connection, scope: RowScope, after: Place | None, limit: int
) -> "Sequence[Row[Any]]":
    """Return what nobody has taken up yet, oldest first."""
    return _waiting(connection, in_reach(scope), State.REPORTED, after, limit)


def taken_up_by(
    connection: Connection, user_id: str, after: Place | None, limit: int
) -> "Sequence[Row[Any]]":
    """Return what the person has taken up and not closed, oldest first."""
    return _waiting(connection, _columns.handler_id == user_id, State.TAKEN_UP, after, limit)


def _waiting(
    connection: Connection, whose: "ColumnElement[bool]", state: State, after: Place | None, limit: int
) -> "Sequence[Row[Any]]":
    query = select(incidents).where(whose, _columns.state == state, behind(after, None, _columns.id))
    return connection.execute(query.order_by(_columns.id).limit(limit)).all()
