"""Idempotency keys: a retried call is answered from the record of the first one."""

import hashlib
from datetime import UTC, datetime

from google.protobuf.descriptor import Descriptor
from sqlalchemy import Connection

from chassis.database.connections import driver
from chassis.database.writes import Write
from chassis.errors import CallInFlight, IdempotencyKeyReused

TABLE = "idempotency_records"
KEPT_DAYS = 2

_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
_FIND = (
    "SELECT request_hash, response FROM idempotency_records WHERE key = %s ORDER BY recorded_at DESC LIMIT 1"
)
_STORE = "INSERT INTO idempotency_records (key, request_hash, response, recorded_at) VALUES (%s, %s, %s, %s)"


def secret_fields(response: Descriptor) -> tuple[str, ...]:
    """Return the fields that no record holds: who reads the table must not be able to sign in with it."""
    return tuple(field.name for field in response.fields if field.GetOptions().debug_redact)


class IdempotentCall:
    """One call under a key.

    The lock is taken before the record is read, so that of parallel twins one works and the others are told
    to wait; it goes with the transaction.
    """

    def __init__(self, connection: Connection, subject: str, method: str, key: str, request: bytes) -> None:
        self._connection = driver(connection)
        self._key = hashlib.sha256(f"{subject}\0{method}\0{key}".encode()).digest()
        # The key, which nobody keeps, makes the digest of a request that is little more than a password
        # useless to who reads the table.
        self._request_hash = hashlib.sha256(key.encode() + b"\0" + request).digest()
        # Of the version before, whose calls are retried while it is replaced; to be dropped by the next one.
        self._plain_hash = hashlib.sha256(request).digest()

    def stored_response(self) -> bytes | None:
        """Return the response of the first call, or None when this is the first.

        Raises CallInFlight while a twin is being worked on, IdempotencyKeyReused for another request.
        """
        lock = int.from_bytes(self._key[:8], "big", signed=True)
        # Two statements: one that began before the lock was free would not see what its holder has stored.
        with self._connection.pipeline():
            locked = self._connection.execute(_LOCK, (lock,), prepare=True)
            found = self._connection.execute(_FIND, (self._key,), prepare=True)
            if locked.fetchone() != (True,):
                raise CallInFlight
            row = found.fetchone()
        if row is None:
            return None
        if bytes(row[0]) not in (self._request_hash, self._plain_hash):
            raise IdempotencyKeyReused
        return bytes(row[1])

    def record(self, response: bytes) -> Write:
        """Return the write that keeps the response for 48 hours; it belongs into the call's transaction."""
        return Write(_STORE, (self._key, self._request_hash, response, datetime.now(UTC)))
