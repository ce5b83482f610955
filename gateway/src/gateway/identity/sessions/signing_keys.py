"""The keys that access tokens are signed with: the newest signs, older ones are listed for an hour more."""

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.database import Database
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, delete, insert, select, text

from gateway.identity.sessions.rules import OLD_KEY_LISTED
from gateway.identity.sessions.tables import signing_keys

# Well within the hour for which an old key stays listed.
_FRESH_SECONDS = 5.0
_ONE_AT_A_TIME = text("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE")
_NEWEST = select(signing_keys).order_by(signing_keys.c.created_at.desc(), signing_keys.c.kid)


def make_first(connection: Connection, at: datetime) -> None:
    """Make a key unless there is one; processes that start together make one between them."""
    connection.execute(_ONE_AT_A_TIME)
    if connection.execute(_NEWEST.limit(1)).first() is None:
        _make(connection, at)


def rotate(connection: Connection, at: datetime) -> str:
    """Make a new key, drop those that no token in use can carry, and return the new key's id."""
    connection.execute(_ONE_AT_A_TIME)
    listed = {row.kid for row in _listed(connection, at)}
    connection.execute(delete(signing_keys).where(signing_keys.c.kid.not_in(listed)))
    return _make(connection, at)


def withdraw(connection: Connection, at: datetime) -> str:
    """Drop every key, make a new one and return its id: nothing that was signed before is good any more."""
    connection.execute(_ONE_AT_A_TIME)
    connection.execute(delete(signing_keys))
    return _make(connection, at)


def public_keys(connection: Connection, at: datetime) -> Mapping[str, bytes]:
    """Return the raw public keys that tokens in use may carry by key id, newest first."""
    return {row.kid: bytes(row.public_key) for row in _listed(connection, at)}


class SigningKey:
    """The key that signs now, looked up every few seconds, so that a rotation needs no restart."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._looked_at = -_FRESH_SECONDS
        self._current: tuple[str, Ed25519PrivateKey] | None = None

    def current(self) -> tuple[str, Ed25519PrivateKey]:
        """Return the key id and the private key."""
        with self._lock:
            if self._current is None or time.monotonic() - self._looked_at > _FRESH_SECONDS:
                with self._database.reading() as connection:
                    row = connection.execute(_NEWEST.limit(1)).one()
                private = Ed25519PrivateKey.from_private_bytes(bytes(row.private_key))
                self._current = row.kid, private
                self._looked_at = time.monotonic()
            return self._current


def _listed(connection: Connection, at: datetime) -> Sequence["Row[Any]"]:
    rows = connection.execute(_NEWEST).all()
    successors = [None, *rows]
    return [
        row
        for row, successor in zip(rows, successors, strict=False)
        if successor is None or successor.created_at > at - OLD_KEY_LISTED
    ]


def _make(connection: Connection, at: datetime) -> str:
    private = Ed25519PrivateKey.generate()
    values = {
        "kid": uuid.uuid4().hex,
        "private_key": private.private_bytes_raw(),
        "public_key": private.public_key().public_bytes_raw(),
        "created_at": at,
    }
    connection.execute(insert(signing_keys).values(values))
    return str(values["kid"])
