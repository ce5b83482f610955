"""Queries and writes of moves and merges."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import Connection, Row, Select, null, select, text, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.org_unit_changes.rules import Kind, Plan, State
from gateway.identity.org_unit_changes.tables import org_unit_changes as changes
from gateway.identity.org_units import store as org_units

_columns = changes.c
_HOLDS_SECTION = text(
    "WITH RECURSIVE below (id, kind) AS ("
    " SELECT id, kind FROM org_units WHERE parent_id = :unit_id AND NOT closed"
    " UNION ALL SELECT u.id, u.kind FROM org_units u JOIN below ON u.parent_id = below.id AND NOT u.closed)"
    " SELECT EXISTS (SELECT FROM below WHERE kind = 'SECTION')"
)


def plan(connection: Connection, kind: Kind, unit_id: str, target_unit_id: str) -> Plan:
    """Return what is to happen to a unit, with the tree as it is. Ask for it under the lock of the tree."""
    return Plan(
        kind=kind,
        path=org_units.path(connection, unit_id),
        target_path=org_units.path(connection, target_unit_id),
        holds_section=bool(connection.execute(_HOLDS_SECTION, {"unit_id": unit_id}).scalar()),
    )


def add(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any] | None":
    """Write a scheduled change and return it, or None when one of its unit waits already."""
    row = {"id": new_id(), **values, "state": State.SCHEDULED, "failure_reason": "", "created_at": at}
    return connection.execute(insert(changes).values(row).on_conflict_do_nothing().returning(changes)).first()


def add_applied(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any]":
    """Write a change that is carried out at once; another one of the unit may wait for a later day."""
    row = {"id": new_id(), **values, "state": State.APPLIED, "failure_reason": "", "created_at": at}
    return connection.execute(insert(changes).values({**row, "closed_at": at}).returning(changes)).one()


def close(
    connection: Connection, change_id: str, state: State, at: datetime, failure_reason: str = ""
) -> "Row[Any]":
    """Write how a change ended."""
    values = {"state": state, "closed_at": at, "failure_reason": failure_reason}
    statement = update(changes).where(_columns.id == change_id).values(values).returning(changes)
    return connection.execute(statement).one()


def find(connection: Connection, change_id: str, scope: RowScope) -> "Row[Any] | None":
    return connection.execute(_in_scope(scope).where(_columns.id == change_id)).first()


def lock(connection: Connection, change_id: str, scope: RowScope) -> "Row[Any] | None":
    """Return a change that nobody else cancels or applies until we commit."""
    query = _in_scope(scope).where(_columns.id == change_id)
    return connection.execute(query.with_for_update()).first()


def lock_due(connection: Connection, today: date) -> "Row[Any] | None":
    """Return the first change whose day has come, locked."""
    query = select(changes).where(_columns.state == State.SCHEDULED, _columns.effective_date <= today)
    ordered = query.order_by(_columns.effective_date, _columns.id).limit(1)
    return connection.execute(ordered.with_for_update()).first()


def read_page(
    connection: Connection, page: Page, scope: RowScope, *, unit_id: str, state: str
) -> Sequence["Row[Any]"]:
    """Return the changes of a page and one more, newest first."""
    query = _in_scope(scope)
    if unit_id:
        query = query.where(_columns.unit_id == unit_id)
    if state:
        query = query.where(_columns.state == state)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < str(key[0]))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()


def _in_scope(scope: RowScope) -> "Select[Any]":
    return select(changes).where(scope.clause(_columns.unit_id, null()))  # nobody owns a change
