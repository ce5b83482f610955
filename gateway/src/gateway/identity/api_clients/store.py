"""Queries and writes of machine clients.

A secret is long and random, made by us, so a plain digest is as good as a slow hash, and machines that ask
for tokens all day cost nothing.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.pagination import Page
from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.api_clients.rules import ACTIVE, Secrets
from gateway.identity.api_clients.tables import api_clients
from gateway.identity.paging import page_by_name

# An unknown client costs what a known one does.
_NOBODYS = Secrets(bytes(32))


@dataclass(frozen=True, slots=True)
class Client:
    """A client as it is made."""

    client_id: str
    display_name: str
    permissions: Collection[str]
    secret: str = field(repr=False)
    state: str = ACTIVE


def find(connection: Connection, client_id: str) -> "Row[Any] | None":
    return connection.execute(select(api_clients).where(api_clients.c.client_id == client_id)).first()


def lock(connection: Connection, client_id: str) -> "Row[Any] | None":
    query = select(api_clients).where(api_clients.c.client_id == client_id)
    return connection.execute(query.with_for_update()).first()


def sign_in(connection: Connection, client_id: str, secret: str, at: datetime) -> Sequence[str] | None:
    """Note the sign-in and return the client's permissions.

    None is for an unknown client, a wrong secret and a disabled client. The row stays locked: whoever takes
    something away from the client waits, and then refuses the token that is made now.
    """
    row = lock(connection, client_id)
    secrets = Secrets(row.secret_digest, row.previous_digest, row.previous_expires_at) if row else _NOBODYS
    is_open = secrets.open_with(_digest(secret), at)
    if row is None or not is_open or row.state != ACTIVE:
        return None
    noted = update(api_clients).where(api_clients.c.client_id == client_id).values(last_sign_in_at=at)
    connection.execute(noted)
    return list(row.permissions)


def change(connection: Connection, client_id: str, values: Mapping[str, Any]) -> "Row[Any]":
    """Write the next version of a locked client and return it."""
    statement = update(api_clients).where(api_clients.c.client_id == client_id)
    changed = {**values, "version": api_clients.c.version + 1}
    return connection.execute(statement.values(changed).returning(api_clients)).one()


def rotate(connection: Connection, row: "Row[Any]", secret: str, *, previous_until: datetime) -> "Row[Any]":
    """Give a locked client another secret; the one that it has is good until then."""
    values = {
        "secret_digest": _digest(secret),
        "previous_digest": row.secret_digest,
        "previous_expires_at": previous_until,
    }
    return change(connection, row.client_id, values)


def list_page(connection: Connection, page: Page) -> tuple[Sequence["Row[Any]"], str]:
    """Return clients by id, and the token of the next page."""
    return page_by_name(connection, select(api_clients), api_clients.c.client_id, page)


def add(connection: Connection, client: Client, at: datetime) -> "Row[Any] | None":
    """Write a client and return it, or None when its id is taken."""
    statement = insert(api_clients).values(_values(client, at)).on_conflict_do_nothing()
    return connection.execute(statement.returning(api_clients)).first()


def renew(connection: Connection, client: Client, at: datetime) -> None:
    """Write a client, or give an existing one this secret and these permissions."""
    values = _values(client, at)
    changed = {name: values[name] for name in ("display_name", "permissions", "secret_digest", "state")}
    statement = insert(api_clients).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["client_id"], set_=changed))


def _values(client: Client, at: datetime) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "display_name": client.display_name,
        "permissions": sorted(client.permissions),
        "secret_digest": _digest(client.secret),
        "created_at": at,
        "state": client.state,
        "version": 1,
    }


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
