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

from gateway.identity.api_clients.rules import ACTIVE, DISABLED, Secrets
from gateway.identity.api_clients.tables import api_clients
from gateway.identity.paging import page_by_name

# An unknown client costs what a known one does.
_NOBODYS = Secrets(bytes(32))
_NO_PREVIOUS = {"previous_digest": None, "previous_expires_at": None}


@dataclass(frozen=True, slots=True)
class Client:
    """A client as it is made. Of the settings: one that they no longer name is disabled."""

    client_id: str
    display_name: str
    permissions: Collection[str]
    secret: str = field(repr=False)
    state: str = ACTIVE
    of_settings: bool = False


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


def rotate(
    connection: Connection, row: "Row[Any]", secret: str, *, previous_until: datetime | None
) -> "Row[Any]":
    """Give a locked client another secret; the one that it has is good until then, or no more."""
    previous = {"previous_digest": row.secret_digest, "previous_expires_at": previous_until}
    values = {"secret_digest": _digest(secret)} | (previous if previous_until else _NO_PREVIOUS)
    return change(connection, row.client_id, values)


def list_page(connection: Connection, page: Page) -> tuple[Sequence["Row[Any]"], str]:
    """Return clients by id, and the token of the next page."""
    return page_by_name(connection, select(api_clients), api_clients.c.client_id, page)


def add(connection: Connection, client: Client, at: datetime) -> "Row[Any] | None":
    """Write a client and return it, or None when its id is taken."""
    statement = insert(api_clients).values(_values(client, at)).on_conflict_do_nothing()
    return connection.execute(statement.returning(api_clients)).first()


def renew(connection: Connection, client: Client, at: datetime) -> None:
    """Write a client, or give an existing one this secret, no other, and these permissions."""
    values = _values(client, at)
    kept = {"client_id", "created_at", "version"}
    changed = {name: value for name, value in values.items() if name not in kept} | _NO_PREVIOUS
    statement = insert(api_clients).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["client_id"], set_=changed))


def disable_other_than(connection: Connection, client_ids: Collection[str]) -> Sequence[str]:
    """Disable the clients that the settings made once and no longer name, and return their ids.

    From then on they are like others: whoever makes one active again has it stay so.
    """
    gone = api_clients.c.of_settings, api_clients.c.client_id.not_in(client_ids)
    values = {"state": DISABLED, "of_settings": False, "version": api_clients.c.version + 1}
    statement = update(api_clients).where(*gone).values(values | _NO_PREVIOUS)
    return connection.execute(statement.returning(api_clients.c.client_id)).scalars().all()


def _values(client: Client, at: datetime) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "display_name": client.display_name,
        "permissions": sorted(client.permissions),
        "secret_digest": _digest(client.secret),
        "created_at": at,
        "state": client.state,
        "version": 1,
        "of_settings": client.of_settings,
    }


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
