"""Queries and writes of authenticators and recovery codes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.totp import codes
from gateway.identity.totp.tables import authenticators, recovery_codes


def find(connection: Connection, user_id: str) -> "Row[Any] | None":
    """Return the person's authenticator, in use or not yet."""
    return connection.execute(select(authenticators).where(authenticators.c.user_id == user_id)).first()


def in_use(connection: Connection, user_id: str) -> "Row[Any] | None":
    """Return the person's authenticator if it has been confirmed."""
    row = find(connection, user_id)
    return row if row and row.confirmed_at else None


def enroll(connection: Connection, user_id: str, secret: str) -> bool:
    """Write a secret that is not in use yet. Returns False when another one is."""
    values = {"user_id": user_id, "secret": secret, "last_step": 0}
    statement = insert(authenticators).values(values)
    unconfirmed = statement.on_conflict_do_update(
        index_elements=["user_id"], set_=values, where=authenticators.c.confirmed_at.is_(None)
    )
    return connection.execute(unconfirmed.returning(authenticators.c.user_id)).first() is not None


def confirm(connection: Connection, user_id: str, at: datetime) -> bool:
    """Put the authenticator into use. Returns False when it was."""
    statement = update(authenticators).where(
        authenticators.c.user_id == user_id, authenticators.c.confirmed_at.is_(None)
    )
    return connection.execute(statement.values(confirmed_at=at)).rowcount > 0


def spend(connection: Connection, authenticator: "Row[Any]", code: str, at: datetime) -> bool:
    """Use up a code of the authenticator or a recovery code. Of parallel users of one code one gets True."""
    step = codes.step_of(authenticator.secret, code, at, authenticator.last_step)
    if step is None:
        return _spend_recovery_code(connection, authenticator.user_id, code, at)
    later = authenticators.c.user_id == authenticator.user_id, authenticators.c.last_step < step
    return connection.execute(update(authenticators).where(*later).values(last_step=step)).rowcount > 0


def _spend_recovery_code(connection: Connection, user_id: str, code: str, at: datetime) -> bool:
    statement = update(recovery_codes).where(
        recovery_codes.c.digest == codes.digest(code),
        recovery_codes.c.user_id == user_id,
        recovery_codes.c.used_at.is_(None),
    )
    return connection.execute(statement.values(used_at=at)).rowcount > 0


def add_recovery_codes(connection: Connection, user_id: str, given: Iterable[str]) -> None:
    rows = [{"digest": codes.digest(code), "user_id": user_id} for code in given]
    connection.execute(plain_insert(recovery_codes), rows)


def remove(connection: Connection, user_id: str) -> bool:
    """Delete the authenticator with its recovery codes. Returns whether one was in use."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    gone = delete(authenticators).where(authenticators.c.user_id == user_id)
    confirmed = connection.execute(gone.returning(authenticators.c.confirmed_at)).scalar()
    return confirmed is not None
