"""Password hashing with argon2id, at most two at a time."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.identity.sessions.rules import TooManySignIns

# 46 MiB, one pass, one lane: the first of the settings that OWASP holds equal. One lane each, so that two
# hashes take two cores and no more.
_MEMORY_KIB = 47_104
AT_ONCE = 2
WAIT_SECONDS = 0.25


class PasswordHasher:
    """Hashes and compares passwords. Whoever waits a quarter of a second for a turn is sent away.

    The wait is short because a waiting call holds one of the server's few threads.
    """

    def __init__(self) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=1, memory_cost=_MEMORY_KIB, parallelism=1)
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._argon2.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """Return the hash with a salt of its own. Raises TooManySignIns."""
        with self._turn():
            return self._argon2.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; without a hash it takes as long and is never a match. Raises TooManySignIns."""
        with self._turn():
            try:
                return self._argon2.verify(password_hash or self._nobodys, password) and bool(password_hash)
            except (VerificationError, InvalidHashError):
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_SECONDS):
            raise TooManySignIns
        try:
            yield
        finally:
            self._turns.release()
