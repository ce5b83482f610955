"""Passwords and lock-out of accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update

from gateway.identity.sessions.rules import after_failure, locked
from gateway.identity.sessions.tables import credentials
from gateway.identity.users.tables import users


def add(connection: Connection, user_id: str, password_hash: str) -> None:
    values = {"user_id": user_id, "password_hash": password_hash, "failures": 0}
    connection.execute(insert(credentials).values(values))


def find(connection: Connection, username: str) -> "Row[Any] | None":
    """Return id and password hash of the account with this login name."""
    query: Select[Any] = select(credentials.c.user_id, credentials.c.password_hash)
    named = query.join(users, users.c.id == credentials.c.user_id).where(users.c.username == username)
    return connection.execute(named).first()


def count_failure(connection: Connection, user_id: str, at: datetime) -> None:
    """Count a wrong password; the row's lock counts parallel ones exactly. A locked account counts none."""
    query = select(credentials.c.failures, credentials.c.locked_until)
    row = connection.execute(query.where(credentials.c.user_id == user_id).with_for_update()).one()
    if not locked(row.locked_until, at):
        failures, locked_until = after_failure(row.failures, at)
        _write(connection, user_id, failures=failures, locked_until=locked_until)


def clear_failures(connection: Connection, user_id: str, at: datetime) -> bool:
    """Forget wrong passwords after a right one. Returns False when the account is locked.

    It is asked after the hash, not before: of many guesses at once, those that come out behind the fifth
    wrong one are refused even when they are right.
    """
    unlocked = or_(credentials.c.locked_until.is_(None), credentials.c.locked_until <= at)
    statement = update(credentials).where(credentials.c.user_id == user_id, unlocked)
    return connection.execute(statement.values(failures=0, locked_until=None)).rowcount > 0


def _write(connection: Connection, user_id: str, **values: Any) -> None:
    connection.execute(update(credentials).where(credentials.c.user_id == user_id).values(values))
