"""Idempotency keys: a retried call is answered from the record of the first one."""

import hashlib
from datetime import UTC, datetime

from google.protobuf.descriptor import Descriptor
from sqlalchemy import Connection, text

from chassis.errors import CallInFlight, IdempotencyKeyReused

TABLE = "idempotency_records"
KEPT_DAYS = 2

_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_FIND = text(
    "SELECT request_hash, response FROM idempotency_records WHERE key = :key"
    " ORDER BY recorded_at DESC LIMIT 1"
)
_STORE = text(
    "INSERT INTO idempotency_records (key, request_hash, response, recorded_at)"
    " VALUES (:key, :request_hash, :response, :at)"
)


def secret_fields(response: Descriptor) -> tuple[str, ...]:
    """Return the fields that no record holds: who reads the table must not be able to sign in with it."""
    return tuple(field.name for field in response.fields if field.GetOptions().debug_redact)


class IdempotentCall:
    """One call under a key.

    The lock is taken before the record is read, so that of parallel twins one works and the others are told
    to wait; it goes with the transaction.
    """

    def __init__(self, connection: Connection, subject: str, method: str, key: str, request: bytes) -> None:
        self._connection = connection
        self._key = hashlib.sha256(f"{subject}\0{method}\0{key}".encode()).digest()
        self._request_hash = hashlib.sha256(request).digest()

    def stored_response(self) -> bytes | None:
        """Return the response of the first call, or None when this is the first.

        Raises CallInFlight while a twin is being worked on, IdempotencyKeyReused for another request.
        """
        lock = int.from_bytes(self._key[:8], "big", signed=True)
        if not self._connection.execute(_LOCK, {"key": lock}).scalar_one():
            raise CallInFlight
        row = self._connection.execute(_FIND, {"key": self._key}).first()
        if row is None:
            return None
        if bytes(row[0]) != self._request_hash:
            raise IdempotencyKeyReused
        return bytes(row[1])

    def store(self, response: bytes) -> None:
        """Record the response in the call's transaction, for 48 hours."""
        values = {
            "key": self._key,
            "request_hash": self._request_hash,
            "response": response,
            "at": datetime.now(UTC),
        }
        self._connection.execute(_STORE, values)
