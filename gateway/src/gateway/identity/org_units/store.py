"""Queries and writes of the tree of units."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.database import Database
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import ColumnElement, Connection, Row, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.org_units.tables import org_units
from gateway.identity.paging import page_by_name

_NOBODY = literal("")  # units have no owner
_SUBTREE = (
    "WITH RECURSIVE below (id) AS (SELECT id FROM org_units WHERE id = %s"
    " UNION SELECT org_units.id FROM org_units JOIN below ON org_units.parent_id = below.id)"
    " SELECT id::text FROM below"
)


class OwnTree:
    """The organisation from identity's own tables, asked anew each time: a new unit is in scope at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def subtree(self, unit_id: str) -> frozenset[str]:
        """Return the unit and every unit below it."""
        rows = self._database.raw().execute(_SUBTREE, (unit_id,)).fetchall()
        return frozenset(row[0] for row in rows) or frozenset({unit_id})


def in_scope(scope: RowScope, own_unit_id: str) -> "ColumnElement[bool]":
    """Return the condition for the units of the scope; whoever sees only own rows sees the own unit."""
    units = scope.clause(org_units.c.id, _NOBODY)
    return or_(units, org_units.c.id == own_unit_id) if scope.owner_id and own_unit_id else units


def find(connection: Connection, unit_id: str, visible: "ColumnElement[bool]") -> "Row[Any] | None":
    return connection.execute(select(org_units).where(org_units.c.id == unit_id, visible)).first()


def list_page(
    connection: Connection, visible: "ColumnElement[bool]", page: Page, *, parent_id: str, code: str
) -> tuple[Sequence["Row[Any]"], str]:
    """Return units by code, and the token of the next page."""
    query = select(org_units).where(visible)
    if parent_id:
        query = query.where(org_units.c.parent_id == parent_id)
    if code:
        query = query.where(org_units.c.code == code)
    return page_by_name(connection, query, org_units.c.code, page)


def add(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any] | None":
    """Write a unit and return it, or None when its code is taken."""
    row = {"id": new_id(), "company": "", **values, "version": 1, "created_at": at, "updated_at": at}
    statement = insert(org_units).values(row).on_conflict_do_nothing(index_elements=["code"])
    return connection.execute(statement.returning(org_units)).first()


def lock(connection: Connection, unit_id: str, visible: "ColumnElement[bool]") -> "Row[Any] | None":
    query = select(org_units).where(org_units.c.id == unit_id, visible)
    return connection.execute(query.with_for_update()).first()


def change(connection: Connection, unit_id: str, values: dict[str, Any], at: datetime) -> "Row[Any]":
    statement = update(org_units).where(org_units.c.id == unit_id)
    changed = {**values, "version": org_units.c.version + 1, "updated_at": at}
    return connection.execute(statement.values(changed).returning(org_units)).one()
