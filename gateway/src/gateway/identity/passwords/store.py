"""Queries and writes of passwords that were, and of mailed links."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, delete, func, insert, select, update

from gateway.identity.passwords.rules import LINK_LIFE, LINKS_KEPT, LINKS_PER_HOUR, REMEMBERED
from gateway.identity.passwords.tables import former_passwords, password_links
from gateway.identity.sessions import credentials

_HOUR = timedelta(hours=1)


def remembered(connection: Connection, user_id: str) -> Sequence[str]:
    """Return the hashes of the person's last five passwords, the present one first."""
    present = credentials.hash_of(connection, user_id)
    former = connection.execute(_former(user_id, former_passwords.c.password_hash)).scalars().all()
    return ([present] if present else []) + list(former)


def replace(
    connection: Connection, user_id: str, password_hash: str, at: datetime, *, must_change: bool
) -> None:
    """Write another password and remember the one before; the account is locked."""
    before = credentials.hash_of(connection, user_id)
    if before:
        values = {"user_id": user_id, "password_hash": before, "replaced_at": at}
        connection.execute(insert(former_passwords).values(values))
        forgotten = former_passwords.c.replaced_at.not_in(_former(user_id, former_passwords.c.replaced_at))
        connection.execute(delete(former_passwords).where(former_passwords.c.user_id == user_id, forgotten))
    credentials.put(connection, user_id, password_hash, must_change=must_change)
    spend_links(connection, user_id, at)


def make_link(connection: Connection, user_id: str, at: datetime) -> str | None:
    """Return the token of a new link, or None when three were made within the hour. Older ones are void."""
    made = select(func.count()).where(
        password_links.c.user_id == user_id, password_links.c.made_at > at - _HOUR
    )
    if connection.execute(made).scalar_one() >= LINKS_PER_HOUR:
        return None
    spend_links(connection, user_id, at)
    token = secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "user_id": user_id, "made_at": at}
    connection.execute(insert(password_links).values(values))
    return token


def owner_of_link(connection: Connection, token: str, at: datetime) -> str | None:
    """Return whose link it is, or None when it is not good."""
    query = select(password_links.c.user_id).where(*_good(token, at))
    return connection.execute(query).scalar()


def spend_link(connection: Connection, token: str, at: datetime) -> bool:
    """Use up the link. Returns False when it is not good; of parallel users one gets True."""
    return (
        connection.execute(update(password_links).where(*_good(token, at)).values(spent_at=at)).rowcount > 0
    )


def spend_links(connection: Connection, user_id: str, at: datetime) -> None:
    """Make every link of the person void."""
    statement = update(password_links).where(
        password_links.c.user_id == user_id, password_links.c.spent_at.is_(None)
    )
    connection.execute(statement.values(spent_at=at))


def forget_links(connection: Connection, at: datetime) -> None:
    """Delete links that are a day old."""
    connection.execute(delete(password_links).where(password_links.c.made_at < at - LINKS_KEPT))


def _former(user_id: str, column: Column[Any]) -> "Select[Any]":
    mine = select(column).where(former_passwords.c.user_id == user_id)
    return mine.order_by(former_passwords.c.replaced_at.desc()).limit(REMEMBERED - 1)


def _good(token: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        password_links.c.digest == _digest(token),
        password_links.c.spent_at.is_(None),
        password_links.c.made_at > at - LINK_LIFE,
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
