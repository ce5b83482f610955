"""Queries and writes of account changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gateway.identity.account_changes.rules import WAITING, AccountChangePending, State
from gateway.identity.account_changes.tables import account_changes as changes

_columns = changes.c


def visible(scope: RowScope) -> "ColumnElement[bool]":
    """Return the condition for the changes of the scope; one's own are those one has filed."""
    return scope.clause(_columns.unit_id, _columns.filed_by)


def find(connection: Connection, change_id: str, condition: "ColumnElement[bool]") -> "Row[Any] | None":
    return connection.execute(select(changes).where(_columns.id == change_id, condition)).first()


def read_page(
    connection: Connection, page: Page, conditions: "Sequence[ColumnElement[bool]]"
) -> Sequence["Row[Any]"]:
    """Return the changes of a page and one more, newest first."""
    query = select(changes).where(*conditions)
    if key := page.key(UUID):
        query = query.where(_columns.id < str(key[0]))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()


def add(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any]":
    """Write a change and return it. Raises AccountChangePending while another one like it waits."""
    row = {
        "id": new_id(),
        "state": State.FILED,
        "former_roles": [],
        "decision_note": "",
        **values,
        "version": 1,
        "created_at": at,
    }
    try:
        with connection.begin_nested():
            return connection.execute(insert(changes).values(row).returning(changes)).one()
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.UniqueViolation):
            raise AccountChangePending from None
        raise


def lock(connection: Connection, change_id: str) -> "Row[Any] | None":
    query = select(changes).where(_columns.id == change_id)
    return connection.execute(query.with_for_update()).first()


def lock_touched(connection: Connection, change: "Row[Any]") -> None:
    """Lock the change, and whatever waits that its person has filed or that is about them, in one order.

    Closing the account withdraws those; in any order, two such calls could wait for each other.
    """
    waiting = _columns.state.in_(WAITING)
    theirs = or_(_columns.filed_by == change.user_id, _columns.user_id == change.user_id)
    query = select(_columns.id).where(or_(_columns.id == change.id, waiting & theirs))
    connection.execute(query.order_by(_columns.id).with_for_update())


def change(connection: Connection, change_id: str, **values: Any) -> "Row[Any]":
    statement = update(changes).where(_columns.id == change_id)
    changed = {**values, "version": _columns.version + 1}
    return connection.execute(statement.values(changed).returning(changes)).one()


def withdraw_of_leaver(connection: Connection, user_id: str, closing_id: str, at: datetime) -> None:
    """Withdraw what a leaver had filed and nobody has decided, and what else waits about the leaver.

    Nobody is left to answer for the one, and nothing is left to do of the other.
    """
    undecided = (_columns.filed_by == user_id) & (_columns.state == State.FILED)
    about = (_columns.user_id == user_id) & _columns.state.in_(WAITING)
    statement = update(changes).where(_columns.id != closing_id, or_(undecided, about))
    values = {"state": State.WITHDRAWN, "decided_at": at, "version": _columns.version + 1}
    connection.execute(statement.values(values))


def note_overdue(connection: Connection, at: datetime, limit: int) -> Sequence["Row[Any]"]:
    """R155: return changes that wait past their deadline, noted as told; those in use come next time."""
    overdue = (
        select(_columns.id)
        .where(
            _columns.state.in_(WAITING),
            ~_columns.filed_late,
            _columns.overdue_told_at.is_(None),
            _columns.due_at <= at,
        )
        .order_by(_columns.due_at, _columns.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = connection.execute(overdue).scalars().all()
    noted = update(changes).where(_columns.id.in_(ids)).values(overdue_told_at=at)
    return connection.execute(noted.returning(changes)).all()
