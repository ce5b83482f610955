"""Compares a password with the account's, and counts what was wrong."""

from typing import NamedTuple

from chassis.database import Database

from gateway.identity.sessions import attempts, credentials
from gateway.identity.sessions.attempts import Attempt
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.passwords import PasswordHasher
from gateway.identity.sessions.rules import NameLocked, Outcome, UnknownName, WrongCredentials


class Known(NamedTuple):
    """Whose password it was, and its hash: by the time it is acted upon there may be another."""

    user_id: str
    password_hash: str


class PasswordCheck:
    def __init__(self, database: Database, hasher: PasswordHasher) -> None:
        self._database = database
        self._hasher = hasher

    def demand(self, attempt: Attempt, password: str, wrong: Outcome = Outcome.WRONG) -> Known:
        """Return whose password it is. Raises WrongCredentials, TooManySignIns.

        Counted in a transaction of its own, which the refusal does not undo, and outside of the call's: no
        connection waits for the hash.
        """
        with self._database.reading() as connection:
            found = credentials.find(connection, attempt.username.lower())
        right = self._hasher.matches(found.password_hash if found else None, password)
        self.settle(attempt, Outcome.RIGHT if right else wrong)
        if found is None:
            raise UnknownName
        if not right:
            raise WrongCredentials
        return Known(found.user_id, found.password_hash)

    def settle(self, attempt: Attempt, outcome: Outcome) -> None:
        """Count the attempt. Raises NameLocked."""
        with self._database.begin() as connection:
            was_locked = attempts.settle(connection, attempt, outcome, real_now())
        if was_locked:
            raise NameLocked
