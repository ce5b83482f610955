"""Queries and writes of machine clients.

A secret is long and random, made by us, so a plain digest is as good as a slow hash, and machines that ask
for tokens all day cost nothing.
"""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.pagination import Page
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.api_clients.tables import api_clients
from gateway.identity.paging import page_by_name


@dataclass(frozen=True, slots=True)
class Client:
    """A client as it is made."""

    client_id: str
    display_name: str
    permissions: Collection[str]
    secret: str = field(repr=False)


def find(connection: Connection, client_id: str) -> "Row[Any] | None":
    return connection.execute(select(api_clients).where(api_clients.c.client_id == client_id)).first()


def permissions_of(connection: Connection, client_id: str, secret: str) -> Sequence[str] | None:
    """Return the client's permissions, or None for an unknown client or a wrong secret."""
    row = find(connection, client_id)
    right = hmac.compare_digest(bytes(row.secret_digest) if row else bytes(32), _digest(secret))
    return list(row.permissions) if row and right else None


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
    changed = {name: values[name] for name in ("display_name", "permissions", "secret_digest")}
    statement = insert(api_clients).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["client_id"], set_=changed))


def _values(client: Client, at: datetime) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "display_name": client.display_name,
        "permissions": sorted(client.permissions),
        "secret_digest": _digest(client.secret),
        "created_at": at,
    }


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
