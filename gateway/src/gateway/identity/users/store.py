"""Queries and writes of accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import ColumnElement, Connection, Row, Select, select, true, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.paging import page_by_name
from gateway.identity.users.rules import ACTIVE
from gateway.identity.users.tables import users


def in_scope(scope: RowScope) -> "ColumnElement[bool]":
    return scope.clause(users.c.unit_id, users.c.id)


def find(
    connection: Connection, user_id: str, visible: "ColumnElement[bool] | None" = None
) -> "Row[Any] | None":
    return connection.execute(_one(user_id, visible)).first()


def lock(
    connection: Connection, user_id: str, visible: "ColumnElement[bool] | None" = None
) -> "Row[Any] | None":
    """Return the account and keep others from changing it, or from signing in with it, until we commit.

    A token carries what the person may do at the moment of its making: who signs in meanwhile waits for the
    change and gets its result.
    """
    return connection.execute(_one(user_id, visible).with_for_update()).first()


def lock_for_sign_in(connection: Connection, user_id: str) -> "Row[Any] | None":
    """Return the account and hold off changes of it until the token is made; others may sign in as well."""
    return connection.execute(_one(user_id, None).with_for_update(read=True)).first()


def list_page(
    connection: Connection, scope: RowScope, page: Page, *, unit_id: str, username: str
) -> tuple[Sequence["Row[Any]"], str]:
    """Return accounts by login name, and the token of the next page."""
    query = select(users).where(in_scope(scope))
    if unit_id:
        query = query.where(users.c.unit_id == unit_id)
    if username:
        query = query.where(users.c.username == username.lower())
    return page_by_name(connection, query, users.c.username, page)


def add(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any] | None":
    """Write an account and return it, or None when its login name is taken."""
    row = {"id": new_id(), "state": ACTIVE, **values, "version": 1, "created_at": at, "updated_at": at}
    statement = insert(users).values(row).on_conflict_do_nothing(index_elements=["username"])
    return connection.execute(statement.returning(users)).first()


def change(connection: Connection, user_id: str, values: dict[str, Any], at: datetime) -> "Row[Any]":
    """Write new values, or none: a change of the person's roles makes a new version of the account too."""
    changed = {**values, "version": users.c.version + 1, "updated_at": at}
    statement = update(users).where(users.c.id == user_id).values(changed).returning(users)
    return connection.execute(statement).one()


def _one(user_id: str, visible: "ColumnElement[bool] | None") -> "Select[Any]":
    return select(users).where(users.c.id == user_id, true() if visible is None else visible)
