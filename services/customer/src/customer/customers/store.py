"""Customers in the database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from chassis.access import RowScope
from chassis.database.writes import Write
from chassis.identifiers import new_id
from chassis.search.grams import grams_of
from chassis.search.names import key, read
from directory.tables import users
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    any_,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import UUID

from customer.customers import rules
from customer.customers.tables import COLUMNS, Values, customers
from directory import Move

_RAW = {
    "id": "id::text",
    "unit_id": "unit_id::text",
    "owner_id": "owner_id::text",
    "created_at": "(date_part('epoch', created_at) * 1000000)::bigint",
    "updated_at": "(date_part('epoch', updated_at) * 1000000)::bigint",
}
SELECT = f"SELECT {', '.join(_RAW.get(column, column) for column in COLUMNS)} FROM customers"  # noqa: S608 - constants
_GET = f"{SELECT} WHERE id = %s"


def get(connection: "psycopg.Connection[Any]", customer_id: str, scope: RowScope) -> tuple[Any, ...] | None:
    """Return the `COLUMNS` of a customer, or None when there is none in the scope. Times are microseconds."""
    row: tuple[Any, ...] | None = connection.execute(
        _GET, (customer_id,), prepare=True, binary=True
    ).fetchone()
    if row is None:
        return None
    unit_id, owner_id = row[_UNIT], row[_OWNER]
    return row if scope.covers(unit_id=unit_id, owner_id=owner_id) else None


_UNIT, _OWNER = COLUMNS.index("unit_id"), COLUMNS.index("owner_id")


def new_row(values: Values, at: datetime) -> Values:
    """Return the whole row of a new customer."""
    row = {"id": new_id(), "state": rules.State.ACTIVE.value, "version": 1, "created_at": at, **values}
    return {**row, "updated_at": at, **_derived(row)}


_WRITTEN = [column.name for column in customers.columns]
# An array of a hundred grams costs psycopg more than the rest of the row; as one text it costs nothing.
_VALUES = ["string_to_array(%s, E'\\n')" if name == "search_grams" else "%s" for name in _WRITTEN]
_CREATE = f"INSERT INTO customers ({', '.join(_WRITTEN)}) VALUES ({', '.join(_VALUES)})"  # noqa: S608 - constants


def creation(row: Values) -> Write:
    """Return the write of a new customer."""
    written = {**row, "search_grams": "\n".join(row["search_grams"])}
    return Write(_CREATE, [written[name] for name in _WRITTEN])


def add(connection: Connection, rows: Sequence[Values]) -> None:
    """Insert new customers."""
    if rows:
        connection.execute(insert(customers), rows)


def lock(connection: Connection, customer_id: str, scope: RowScope) -> Values | None:
    """Return a customer in the scope, locked, or None; the row stays as it is until the transaction ends."""
    columns = [customers.c[column] for column in COLUMNS]
    within = scope.clause(customers.c.unit_id, customers.c.owner_id)
    query = select(*columns).where(customers.c.id == customer_id, within).with_for_update()
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def change(connection: Connection, row: Values, changes: Values, at: datetime) -> Values:
    """Write the next version of a locked row and return it."""
    changed = {**row, **changes, "version": row["version"] + 1, "updated_at": at}
    changed |= _derived(changed)
    statement = update(customers).where(customers.c.id == row["id"])
    connection.execute(statement.values({key: value for key, value in changed.items() if key != "id"}))
    return changed


def hold(connection: Connection, user_id: str) -> str | None:
    """Keep a person from moving until the transaction ends. Returns the unit, or None for a stranger."""
    query = select(users.c.unit_id).where(users.c.id == user_id).with_for_update(read=True)
    return connection.execute(query).scalar_one_or_none()


def stay(connection: Connection, owners: Mapping[str, str]) -> bool:
    """Keep owners from moving until the transaction ends. Returns whether each is in the unit named for them.

    One of whom the copy has not heard yet moves for us when it does.
    """
    query = select(users.c.id, users.c.unit_id).where(users.c.id.in_(owners)).order_by(users.c.id)
    rows = connection.execute(query.with_for_update(read=True))
    return all(owners[row.id] == row.unit_id for row in rows)


def take_along(connection: Connection, move: Move) -> list[Values]:
    """Write the next version of the customers that follow their owner, and return them.

    One that its owner looks after for yet another unit stays with that unit.
    """
    follows = and_(customers.c.owner_id == move.user_id, customers.c.unit_id == move.from_unit_id)
    return _given(connection, follows, {"unit_id": move.to_unit_id}, move.at)


def within(connection: Connection, ids: Sequence[str], scope: RowScope) -> Mapping[str, RowMapping]:
    """Return unit and owner of those of the customers that lie in the scope, by id."""
    query = select(customers.c.id, customers.c.unit_id, customers.c.owner_id)
    asked = customers.c.id.in_(ids), scope.clause(customers.c.unit_id, customers.c.owner_id)
    return {row["id"]: row for row in connection.execute(query.where(*asked)).mappings()}


def owned(connection: Connection, user_id: str) -> Mapping[str, Sequence[str]]:
    """Return the customers of a person by unit, locked."""
    query = select(customers.c.id, customers.c.unit_id).where(customers.c.owner_id == user_id)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query.order_by(customers.c.id).with_for_update()):
        found[row.unit_id].append(row.id)
    return found


def give(
    connection: Connection, ids: Sequence[str], owner_id: str, unit_id: str, at: datetime
) -> list[Values]:
    """Write the next version of locked customers with another owner and unit, and return them."""
    listed = literal(list(ids), ARRAY(UUID(as_uuid=False)))
    return _given(connection, customers.c.id == any_(listed), {"owner_id": owner_id, "unit_id": unit_id}, at)


def give_unit(connection: Connection, unit_id: str, to_unit_id: str, at: datetime) -> list[Values]:
    """Write the next version of a unit's customers as another unit's, and return them."""
    return _given(connection, customers.c.unit_id == unit_id, {"unit_id": to_unit_id}, at)


def _given(connection: Connection, which: ColumnElement[bool], values: Values, at: datetime) -> list[Values]:
    changed = {
        **values,
        "version": customers.c.version + 1,
        "updated_at": func.greatest(customers.c.updated_at, at),
    }
    columns = [customers.c[column] for column in COLUMNS]
    statement = update(customers).where(which).values(changed).returning(*columns)
    return [dict(row) for row in connection.execute(statement).mappings()]


def fingerprint(row: Mapping[str, Any]) -> bytes:
    """Return what the row has in common with other records of the same shop."""
    place = None
    if row["latitude"] is not None:
        place = rules.Place(row["latitude"], row["longitude"])
    return rules.fingerprint(key(row["name"]), key(row["address"]), place)


def _derived(row: Mapping[str, Any]) -> Values:
    reading = read(row["name"])
    return {
        "fingerprint": fingerprint(row),
        "search_text": reading.text,
        "search_grams": grams_of(reading),
    }
