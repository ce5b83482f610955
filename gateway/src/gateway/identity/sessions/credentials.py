"""Passwords of accounts."""

from typing import Any

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.sessions.tables import credentials
from gateway.identity.users.tables import users


def put(connection: Connection, user_id: str, password_hash: str, *, must_change: bool = False) -> None:
    """Write the account's password, its first or another.

    Args:
        connection: a transaction.
        user_id: the account.
        password_hash: of the password.
        must_change: somebody else chose it.
    """
    values = {"user_id": user_id, "password_hash": password_hash, "must_change": must_change}
    statement = insert(credentials).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


def find(connection: Connection, username: str) -> "Row[Any] | None":
    """Return id and password hash of the account with this login name."""
    query: Select[Any] = select(credentials.c.user_id, credentials.c.password_hash)
    named = query.join(users, users.c.id == credentials.c.user_id).where(users.c.username == username)
    return connection.execute(named).first()


def hash_of(connection: Connection, user_id: str) -> str | None:
    """Return the password's hash, or None for an account without a password."""
    query = select(credentials.c.password_hash).where(credentials.c.user_id == user_id)
    return connection.execute(query).scalar()


def must_change(connection: Connection, user_id: str) -> bool:
    """Tell whether somebody else chose the password."""
    query = select(credentials.c.must_change).where(credentials.c.user_id == user_id)
    return bool(connection.execute(query).scalar())
