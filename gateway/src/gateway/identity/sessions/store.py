"""Queries and writes of sessions and refresh tokens."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.identifiers import new_id
from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, update

from gateway.identity.sessions.rules import (
    PHONE_SESSION_IDLE,
    REFRESH_REPEATED,
    SESSION_KEPT,
    SESSION_LONGEST,
    WEB_SESSION_IDLE,
)
from gateway.identity.sessions.tables import refresh_tokens, sessions


def open_session(
    connection: Connection,
    user_id: str,
    at: datetime,
    *,
    device_id: str | None = None,
    vouched_for: bool = False,
) -> str:
    """Write a session, that of a phone where there is one, and return its id.

    `vouched_for`: by an identity provider, not by our password.
    """
    values = {
        "id": new_id(),
        "user_id": user_id,
        "device_id": device_id,
        "opened_at": at,
        "refreshed_at": at,
        "vouched_for": vouched_for,
    }
    return str(connection.execute(insert(sessions).values(values).returning(sessions.c.id)).scalar_one())


def is_vouched_for(connection: Connection, session_id: str) -> bool:
    """Tell whether another provider vouched for the person when the session was opened."""
    query = select(sessions.c.vouched_for).where(sessions.c.id == session_id)
    return bool(connection.execute(query).scalar_one_or_none())


def give_refresh_token(connection: Connection, session_id: str, at: datetime) -> str:
    """Return a new refresh token of the session; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "session_id": session_id, "issued_at": at}
    connection.execute(insert(refresh_tokens).values(values))
    return token


def find(connection: Connection, refresh_token: str) -> "Row[Any] | None":
    """Return the session that the token belongs to, whatever its state."""
    query: Select[Any] = select(sessions.c.id, sessions.c.user_id, sessions.c.device_id)
    owning = query.join(refresh_tokens, refresh_tokens.c.session_id == sessions.c.id)
    return connection.execute(owning.where(refresh_tokens.c.digest == _digest(refresh_token))).first()


def use(connection: Connection, refresh_token: str, at: datetime) -> bool:
    """Use up the token. Returns False when it was used before; of parallel users one gets True."""
    statement = update(refresh_tokens).where(
        refresh_tokens.c.digest == _digest(refresh_token), refresh_tokens.c.used_at.is_(None)
    )
    return connection.execute(statement.values(used_at=at)).rowcount > 0


def use_again(connection: Connection, refresh_token: str, at: datetime) -> bool:
    """Use a token that was used just now and whose answer was lost: what it gave then is void.

    Returns False when the answer did arrive, for what it gave has been used, or when the token is older. A
    thief who is that quick voids the honest client's token, which then ends the session.
    """
    this = refresh_tokens.c.digest == _digest(refresh_token)
    before = connection.execute(select(refresh_tokens).where(this).with_for_update()).one()
    given_then = update(refresh_tokens).where(
        refresh_tokens.c.session_id == before.session_id,
        refresh_tokens.c.issued_at == before.used_at,
        refresh_tokens.c.used_at.is_(None),
    )
    if before.used_at <= at - REFRESH_REPEATED:
        return False
    # as if it were used long ago: it is never used again
    if not connection.execute(given_then.values(used_at=at - REFRESH_REPEATED)).rowcount:
        return False
    connection.execute(update(refresh_tokens).where(this).values(used_at=at))
    return True


def prolong(connection: Connection, session_id: str, at: datetime) -> bool:
    """Note the refresh. Returns False when the session has ended, was idle for too long, or is too old."""
    phone = sessions.c.device_id.is_not(None) & (sessions.c.refreshed_at > at - PHONE_SESSION_IDLE)
    lively = sessions.c.refreshed_at > at - WEB_SESSION_IDLE
    goes_on = or_(phone, lively & (sessions.c.opened_at > at - SESSION_LONGEST))
    statement = update(sessions).where(sessions.c.id == session_id, sessions.c.ended_at.is_(None), goes_on)
    return connection.execute(statement.values(refreshed_at=at)).rowcount > 0


def end(connection: Connection, session_id: str, at: datetime) -> bool:
    """End the session. Returns False when it had ended before."""
    statement = update(sessions).where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
    return connection.execute(statement.values(ended_at=at)).rowcount > 0


def end_all(connection: Connection, user_id: str, at: datetime) -> None:
    """End every session of the person."""
    statement = update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
    connection.execute(statement.values(ended_at=at))


def end_vouched_for(connection: Connection, user_id: str, at: datetime) -> None:
    """End the sessions of the person for whom another provider vouched."""
    theirs = sessions.c.user_id == user_id, sessions.c.vouched_for
    statement = update(sessions).where(*theirs, sessions.c.ended_at.is_(None))
    connection.execute(statement.values(ended_at=at))


def of_device(connection: Connection, device_id: str) -> Sequence[str]:
    """Return the open sessions of a phone."""
    query = select(sessions.c.id).where(sessions.c.device_id == device_id, sessions.c.ended_at.is_(None))
    return connection.execute(query.order_by(sessions.c.id)).scalars().all()


def forget(connection: Connection, at: datetime) -> None:
    """Delete sessions a week after they can no longer be refreshed, with their tokens, and tokens used up.

    A phone's session goes on for years and uses up a token each quarter of an hour.
    """
    over = sessions.c.device_id.is_(None) | sessions.c.ended_at.is_not(None)
    unused = sessions.c.refreshed_at < at - SESSION_KEPT
    forgotten = sessions.c.refreshed_at < at - SESSION_KEPT - PHONE_SESSION_IDLE
    connection.execute(delete(sessions).where(unused, over | forgotten))
    connection.execute(delete(refresh_tokens).where(refresh_tokens.c.used_at < at - SESSION_KEPT))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
