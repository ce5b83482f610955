"""Queries and writes of sign-ins with a provider."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.identity.oidc.rules import EMAIL, SIGN_IN_LIFE, Begun
from gateway.identity.oidc.tables import oidc_people, oidc_sign_ins
from gateway.identity.users.rules import DISABLED
from gateway.identity.users.tables import users


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def begin(connection: Connection, state: str, begun: Begun, at: datetime) -> None:
    """Keep a sign-in until it is finished; of its state only the digest is kept."""
    values = {
        "state_digest": digest(state),
        "browser_digest": begun.browser_digest,
        "nonce": begun.nonce,
        "code_verifier": begun.code_verifier,
        "redirect_uri": begun.redirect_uri,
        "expires_at": at + SIGN_IN_LIFE,
    }
    connection.execute(insert(oidc_sign_ins).values(values))


def finish(connection: Connection, state: str, at: datetime) -> Begun | None:
    """Take a sign-in out, whoever asks: of parallel callers one gets it. None for one that is over."""
    ended = delete(oidc_sign_ins).where(oidc_sign_ins.c.state_digest == digest(state))
    row = connection.execute(ended.returning(oidc_sign_ins)).one_or_none()
    if row is None or row.expires_at <= at:
        return None
    return Begun(row.nonce, row.code_verifier, row.redirect_uri, row.browser_digest)


def forget(connection: Connection, at: datetime) -> None:
    """Delete the sign-ins that nobody finished."""
    connection.execute(delete(oidc_sign_ins).where(oidc_sign_ins.c.expires_at <= at))


def user_of(connection: Connection, issuer: str, subject: str) -> str | None:
    """Return the id of the account that a provider's person was linked to."""
    query = select(oidc_people.c.user_id)
    linked = query.where(oidc_people.c.issuer == issuer, oidc_people.c.subject == subject)
    return connection.execute(linked).scalar_one_or_none()


def link(connection: Connection, issuer: str, subject: str, user_id: str, at: datetime) -> bool:
    """Link a provider's person to an account. Returns False when the account is another person's there."""
    values = {"issuer": issuer, "subject": subject, "user_id": user_id, "linked_at": at}
    statement = upsert(oidc_people).values(values).on_conflict_do_nothing()
    linked = connection.execute(statement.returning(oidc_people.c.user_id))
    return linked.one_or_none() is not None


def unlink(connection: Connection, user_id: str) -> bool:
    """Have the account be nobody's at any provider. Returns False when it was nobody's."""
    gone = delete(oidc_people).where(oidc_people.c.user_id == user_id)
    return connection.execute(gone).rowcount > 0


def account_called(connection: Connection, claim: str, name: str) -> str | None:
    """Return the id of the account with this login name, or for the e-mail claim, with this address."""
    query = select(users.c.id)
    if claim == EMAIL:  # as the unique index has it
        query = query.where(users.c.email != "", users.c.state != DISABLED, func.lower(users.c.email) == name)
    else:
        query = query.where(users.c.username == name)
    return connection.execute(query).scalar_one_or_none()
