"""R032, R135: finds phones that several people sign in from."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.outbox import Fact
from chassis.pagination import Page
from sqlalchemy import ColumnElement, Connection, Row, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.devices import notices
from gateway.identity.devices.rules import SHARING_WINDOW, pairs, seen_together
from gateway.identity.devices.tables import device_sharing_people, device_sharings, installation_people
from gateway.identity.users.tables import users

_seen = installation_people.c
_people = device_sharing_people.c
_ALONE = text("SELECT pg_advisory_xact_lock(:key)")


def note(connection: Connection, digest: bytes, user_id: str, at: datetime) -> list[Fact]:
    """Note who signed in from an installation. Returns what is to be told when others did lately.

    One at a time for each installation: two who begin to share it at one moment would not see each other.
    """
    connection.execute(_ALONE, {"key": int.from_bytes(digest[:8], signed=True)})
    seen = insert(installation_people).values(installation_digest=digest, user_id=user_id, seen_at=at)
    connection.execute(
        seen.on_conflict_do_update(
            index_elements=["installation_digest", "user_id"], set_={"seen_at": seen.excluded.seen_at}
        )
    )
    others = list(_others(connection, digest, user_id, at))
    return _found(connection, digest, user_id, others, at) if others else []


def forget(connection: Connection, at: datetime) -> None:
    """Delete who was seen where so long ago that it finds nothing."""
    connection.execute(delete(installation_people).where(_seen.seen_at < at - SHARING_WINDOW))


def of_scope(scope: RowScope, user_id: str = "") -> "ColumnElement[bool]":
    """Return the condition for the findings about anybody in the scope, or about this person if they are."""
    about = select(_people.sharing_id).join(users, users.c.id == _people.user_id)
    if user_id:
        about = about.where(_people.user_id == user_id)
    return device_sharings.c.id.in_(about.where(scope.clause(users.c.unit_id, users.c.id)))


def find(connection: Connection, sharing_id: str, visible: "ColumnElement[bool]") -> "Row[Any] | None":
    return connection.execute(
        select(device_sharings).where(device_sharings.c.id == sharing_id, visible)
    ).first()


def read_page(connection: Connection, page: Page, visible: "ColumnElement[bool]") -> Sequence["Row[Any]"]:
    """Return the findings of a page and one more, newest first."""
    query = select(device_sharings).where(visible)
    if key := page.key(UUID):
        query = query.where(device_sharings.c.id < str(key[0]))
    return connection.execute(query.order_by(device_sharings.c.id.desc()).limit(page.size + 1)).all()


def people_of(
    connection: Connection, sharing_ids: Collection[str], scope: RowScope
) -> dict[str, list["Row[Any]"]]:
    """Return the people of each finding, and whether they are visible."""
    visible = scope.clause(users.c.unit_id, users.c.id).label("visible")
    query = select(_people.sharing_id, _people.user_id, visible).join(users, users.c.id == _people.user_id)
    wanted = query.where(_people.sharing_id.in_(sharing_ids)).order_by(_people.user_id)
    found: dict[str, list[Row[Any]]] = {sharing_id: [] for sharing_id in sharing_ids}
    for row in connection.execute(wanted):
        found[row.sharing_id].append(row)
    return found


def _others(connection: Connection, digest: bytes, user_id: str, at: datetime) -> Iterator[str]:
    query = select(_seen.user_id, _seen.seen_at)
    others = query.where(_seen.installation_digest == digest, _seen.user_id != user_id)
    return (row.user_id for row in connection.execute(others) if seen_together(row.seen_at, at))


def _found(
    connection: Connection, digest: bytes, user_id: str, others: Collection[str], at: datetime
) -> list[Fact]:
    sharing = _written(connection, digest, at)
    rows = [{"sharing_id": sharing.id, "user_id": each} for each in (user_id, *others)]
    connection.execute(insert(device_sharing_people).values(rows).on_conflict_do_nothing())
    units = _units(connection, sharing.id)
    return [
        notices.shared(sharing, units),
        *notices.sharing_found(sharing, pairs(user_id, others), units, at),
    ]


def _written(connection: Connection, digest: bytes, at: datetime) -> "Row[Any]":
    row = {"id": new_id(), "installation_digest": digest, "version": 1, "created_at": at, "last_seen_at": at}
    statement = insert(device_sharings).values(row)
    again = {"version": device_sharings.c.version + 1, "last_seen_at": at}
    upsert = statement.on_conflict_do_update(index_elements=["installation_digest"], set_=again)
    return connection.execute(upsert.returning(device_sharings)).one()


def _units(connection: Connection, sharing_id: str) -> dict[str, str]:
    """Return the unit of each person of a finding."""
    query = select(users.c.id, users.c.unit_id).join(device_sharing_people, _people.user_id == users.c.id)
    return {row.id: row.unit_id for row in connection.execute(query.where(_people.sharing_id == sharing_id))}
