"""Leases: at most one holder of a name at a time, given up by expiry when the holder dies.

A row with an expiry and not a session's advisory lock: a connection pooler between us and PostgreSQL would
hand that lock to somebody else. Leases live on the database's real clock.
"""

import os
import socket
import time
import uuid
from dataclasses import dataclass, field

from sqlalchemy import text

from chassis.database import Database

LEASE_SECONDS = 10

_TAKE = text(
    "INSERT INTO leases (name, holder, expires_at)"
    " VALUES (:name, :holder, clock_timestamp() + make_interval(secs => :seconds))"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at"
    " WHERE leases.holder = excluded.holder OR leases.expires_at < clock_timestamp()"
    " RETURNING true"
)
_DROP = text("DELETE FROM leases WHERE name = :name AND holder = :holder")


def _identity() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@dataclass(slots=True)
class Lease:
    """The right to be the only one who does something, such as relaying a service's events."""

    database: Database
    name: str
    seconds: float = LEASE_SECONDS
    holder: str = field(default_factory=_identity)
    _renew_at: float = field(default=0.0, init=False)

    def hold(self) -> bool:
        """Take or renew the lease. Returns whether it is ours, for half of `seconds` at least.

        The database is asked only when less than half is left, so that a loop may call this at every turn.
        """
        now = time.monotonic()
        if now < self._renew_at:
            return True
        with self.database.begin() as connection:
            values = {"name": self.name, "holder": self.holder, "seconds": self.seconds}
            held = connection.execute(_TAKE, values).scalar() is True
        self._renew_at = now + self.seconds / 2 if held else 0.0
        return held

    def release(self) -> None:
        """Give the lease back, so that the next holder need not wait for its expiry."""
        self._renew_at = 0.0
        with self.database.begin() as connection:
            connection.execute(_DROP, {"name": self.name, "holder": self.holder})
