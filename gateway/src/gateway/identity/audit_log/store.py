"""Reads the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    and_,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import UUID

from gateway.identity.audit_log.tables import audit_log, audit_seals
from gateway.identity.users.tables import users

_columns = audit_log.c
_EQUAL: dict[str, ColumnElement[Any]] = {
    "caller": _columns.caller,
    "unit_id": _columns.caller_unit_id,
    "resource": _columns.resource,
    "collection": func.split_part(_columns.resource, "/", 1),
    "method": _columns.method,
    "service": _columns.service,
    "request_id": _columns.request_id,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries: what equals what, by the names of the contract, and from when until when."""

    equal: dict[str, str]
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the log an entry stands."""

    occurred_at: datetime
    id: str


FILTERS = tuple(_EQUAL)


def find(connection: Connection, entry_id: str, scope: RowScope) -> "Row[Any] | None":
    entry = select(audit_log).where(_columns.id == entry_id, _within(scope))
    return connection.execute(_sealed(entry)).first()


def newest(
    connection: Connection, wanted: Filter, scope: RowScope, before: Place | None, size: int
) -> Sequence["Row[Any]"]:
    """Return at most `size` entries older than `before`, newest first."""
    behind = _place() < _literal(before) if before else true()
    order = (_columns.occurred_at.desc(), _columns.id.desc())
    entries = select(audit_log).where(_matching(wanted, scope), behind).order_by(*order).limit(size)
    return connection.execute(_sealed(entries, descending=True)).all()


def oldest(
    connection: Connection, wanted: Filter, scope: RowScope, after: Place | None, size: int
) -> Sequence["Row[Any]"]:
    """Return at most `size` entries newer than `after`, oldest first."""
    behind = _place() > _literal(after) if after else true()
    order = (_columns.occurred_at, _columns.id)
    entries = select(audit_log).where(_matching(wanted, scope), behind).order_by(*order).limit(size)
    return connection.execute(_sealed(entries)).all()


def usernames(connection: Connection, rows: Sequence["Row[Any]"]) -> dict[str, str]:
    """Return the login names of the people among the callers, by id. Machines have no unit."""
    ids = {row.caller for row in rows if row.caller_unit_id}
    found = connection.execute(select(users.c.id, users.c.username).where(users.c.id.in_(ids)))
    return {row.id: row.username for row in found}


def _matching(wanted: Filter, scope: RowScope) -> "ColumnElement[bool]":
    conditions = [_within(scope), *(_EQUAL[name] == value for name, value in wanted.equal.items())]
    if wanted.from_time:
        conditions.append(_columns.occurred_at >= wanted.from_time)
    if wanted.to_time:
        conditions.append(_columns.occurred_at < wanted.to_time)
    return and_(*conditions)


def _within(scope: RowScope) -> "ColumnElement[bool]":
    return scope.clause(_columns.caller_unit_id, _columns.caller)


def _place() -> "ColumnElement[Any]":
    return tuple_(_columns.occurred_at, _columns.id)


def _literal(place: Place) -> "ColumnElement[Any]":
    return tuple_(literal(place.occurred_at, DateTime(timezone=True)), literal(place.id, UUID(as_uuid=False)))


def _sealed(entries: "Select[Any]", *, descending: bool = False) -> "Select[Any]":
    """Add position and hash to the entries of a page, and keep their order."""
    entry = entries.subquery("entry")
    seal = audit_seals.c
    query = select(entry, seal.position, seal.hash).outerjoin(audit_seals, seal.entry_id == entry.c.id)
    order = (entry.c.occurred_at, entry.c.id)
    return query.order_by(*(column.desc() for column in order) if descending else order)
