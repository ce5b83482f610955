"""Queries and writes of phones."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import ColumnElement, Connection, Row, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.devices.rules import State
from gateway.identity.devices.tables import devices
from gateway.identity.users.tables import users

_columns = devices.c


def digest(installation_id: str) -> bytes:
    """Return what is kept of the id of an installation."""
    return hashlib.sha256(installation_id.encode()).digest()


def visible(scope: RowScope, own_id: str | None) -> "ColumnElement[bool]":
    """Return the condition for a person's own phones and those of the people in the scope."""
    theirs = _columns.user_id.in_(select(users.c.id).where(scope.clause(users.c.unit_id, users.c.id)))
    return or_(_columns.user_id == own_id, theirs) if own_id else theirs


def find(connection: Connection, device_id: str, *conditions: "ColumnElement[bool]") -> "Row[Any] | None":
    return connection.execute(select(devices).where(_columns.id == device_id, *conditions)).first()


def find_bound(connection: Connection, user_id: str) -> "Row[Any] | None":
    """Return the person's phone."""
    this = _columns.user_id == user_id, _columns.state == State.BOUND
    return connection.execute(select(devices).where(*this)).first()


def had_one(connection: Connection, user_id: str) -> bool:
    """Tell whether the person has or had a phone."""
    query = select(exists().where(_columns.user_id == user_id, _columns.bound_at.is_not(None)))
    return bool(connection.execute(query).scalar())


def read_page(
    connection: Connection, page: Page, conditions: "Sequence[ColumnElement[bool]]"
) -> Sequence["Row[Any]"]:
    """Return the phones of a page and one more, newest first."""
    query = select(devices).where(*conditions)
    if key := page.key(UUID):
        query = query.where(_columns.id < str(key[0]))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()


def add(
    connection: Connection, user_id: str, described: dict[str, Any], state: State, at: datetime
) -> "Row[Any] | None":
    """Write a phone and return it, or None when the person has one in this state."""
    row = {
        "id": new_id(),
        "user_id": user_id,
        "state": state,
        "version": 1,
        "created_at": at,
        "signed_in_at": at,
        "bound_at": at if state is State.BOUND else None,
        "decision_note": "",
        **described,
    }
    statement = insert(devices).values(row).on_conflict_do_nothing().returning(devices)
    return connection.execute(statement).first()


def note_sign_in(
    connection: Connection, user_id: str, described: dict[str, Any], state: State, at: datetime
) -> "Row[Any] | None":
    """Note that the person's phone in this state came again, and return it; None when it is another phone."""
    digest_ = described["installation_digest"]
    this = _columns.user_id == user_id, _columns.state == state, _columns.installation_digest == digest_
    statement = update(devices).where(*this).values(**described, signed_in_at=at)
    return connection.execute(statement.returning(devices)).first()


def lock(connection: Connection, device_id: str) -> "Row[Any]":
    return connection.execute(select(devices).where(_columns.id == device_id).with_for_update()).one()


def change(connection: Connection, device_id: str, **values: Any) -> "Row[Any]":
    changed = {**values, "version": _columns.version + 1}
    statement = update(devices).where(_columns.id == device_id).values(changed)
    return connection.execute(statement.returning(devices)).one()
