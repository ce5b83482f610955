"""Queries and writes of the tree of units."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.database import Database
from chassis.identifiers import new_id
from chassis.pagination import Page
from chassis.search import entries
from sqlalchemy import ColumnElement, Connection, Row, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.org_units.rules import Unit, UnitClosed, UnitNotFound
from gateway.identity.org_units.tables import org_units
from gateway.identity.paging import page_by_name

FOUND_AS = "orgUnits"
_NOBODY = literal("")  # units have no owner
_SUBTREE = (
    "WITH RECURSIVE below (id) AS (SELECT id FROM org_units WHERE id = %s"
    " UNION SELECT org_units.id FROM org_units JOIN below ON org_units.parent_id = below.id)"
    " SELECT id::text FROM below"
)
_PATH = text(
    "WITH RECURSIVE above (id, parent_id, kind, closed, depth) AS ("
    " SELECT id, parent_id, kind, closed, 0 FROM org_units WHERE id = :unit_id"
    " UNION ALL SELECT u.id, u.parent_id, u.kind, u.closed, depth + 1 FROM org_units u"
    " JOIN above ON above.parent_id = u.id)"
    " SELECT id::text, parent_id::text, kind, closed FROM above ORDER BY depth"
)
_SECTIONS = text(
    "WITH RECURSIVE above (asked, id, parent_id, is_section) AS ("
    " SELECT id, id, parent_id, kind = 'SECTION' AND NOT closed FROM org_units"
    " WHERE id = ANY(CAST(:unit_ids AS uuid[]))"
    " UNION ALL SELECT asked, u.id, u.parent_id, u.kind = 'SECTION' AND NOT u.closed FROM org_units u"
    " JOIN above ON above.parent_id = u.id WHERE NOT above.is_section)"
    " SELECT asked::text, id::text FROM above WHERE is_section"
)
_LOCK_TREE = text("SELECT pg_advisory_xact_lock(hashtext('org_units.tree'))")


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


def demand_open(connection: Connection, unit_id: str, visible: "ColumnElement[bool]") -> None:
    """Raise UnitNotFound or UnitClosed unless the unit is visible and works; it does until we commit.

    A merge locks its unit, so nobody joins a unit after its merge has looked who is there.
    """
    query = select(org_units.c.closed).where(org_units.c.id == unit_id, visible)
    closed = connection.execute(query.with_for_update(read=True, key_share=True)).scalar()
    if closed is None:
        raise UnitNotFound
    if closed:
        raise UnitClosed


def id_of_code(connection: Connection, code: str, visible: "ColumnElement[bool]") -> str:
    """Return the id of the unit with this code. Raises UnitNotFound unless it is visible."""
    query = select(org_units.c.id).where(org_units.c.code == code, visible)
    unit_id: str | None = connection.execute(query).scalar()
    if unit_id is None:
        raise UnitNotFound
    return unit_id


def code_of(connection: Connection, unit_id: str) -> str:
    return str(connection.execute(select(org_units.c.code).where(org_units.c.id == unit_id)).scalar_one())


def lock_tree(connection: Connection) -> None:
    """Keep the tree's shape until we commit: two moves at once could close a cycle that neither sees."""
    connection.execute(_LOCK_TREE)


def path(connection: Connection, unit_id: str) -> Sequence[Unit]:
    """Return the unit, the one above it, and so on up to the root; nothing for a unit that is not there."""
    return [Unit(*row) for row in connection.execute(_PATH, {"unit_id": unit_id})]


def sections(connection: Connection, unit_ids: Sequence[str]) -> Mapping[str, str]:
    """Return the section of each unit; an empty string for one that belongs to none."""
    found = connection.execute(_SECTIONS, {"unit_ids": list(unit_ids)})
    return dict.fromkeys(unit_ids, "") | {row.asked: row.id for row in found}


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
    row = {
        "id": new_id(),
        "company": "",
        "closed": False,
        **values,
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }
    statement = insert(org_units).values(row).on_conflict_do_nothing(index_elements=["code"])
    added = connection.execute(statement.returning(org_units)).first()
    if added is not None:
        _make_findable(connection, added)
    return added


def lock(connection: Connection, unit_id: str, visible: "ColumnElement[bool]") -> "Row[Any] | None":
    query = select(org_units).where(org_units.c.id == unit_id, visible)
    return connection.execute(query.with_for_update()).first()


def change(connection: Connection, unit_id: str, values: dict[str, Any], at: datetime) -> "Row[Any]":
    statement = update(org_units).where(org_units.c.id == unit_id)
    changed = {**values, "version": org_units.c.version + 1, "updated_at": at}
    row = connection.execute(statement.values(changed).returning(org_units)).one()
    if values.keys() & {"display_name", "code"}:
        _make_findable(connection, row)
    return row


def lock_alone(connection: Connection, unit_id: str) -> None:
    """Let nobody join the unit until we commit."""
    connection.execute(select(org_units.c.id).where(org_units.c.id == unit_id).with_for_update())


def give_children(
    connection: Connection, unit_id: str, to_unit_id: str, at: datetime
) -> Sequence["Row[Any]"]:
    """Put the units that work below one unit below another, and return them."""
    statement = update(org_units).where(org_units.c.parent_id == unit_id, ~org_units.c.closed)
    changed = {"parent_id": to_unit_id, "version": org_units.c.version + 1, "updated_at": at}
    return connection.execute(statement.values(changed).returning(org_units)).all()


def _make_findable(connection: Connection, row: "Row[Any]") -> None:
    entries.write(connection, FOUND_AS, row.id, row.display_name, row.code)
