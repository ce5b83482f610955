"""Sets passwords, and ends whatever the one before had opened."""

from datetime import datetime
from typing import Any

from chassis.database import Database
from chassis.errors import InvalidFields, NotFound
from chassis.server import Call
from sqlalchemy import Row

from gateway.identity.passwords import store
from gateway.identity.passwords.policy import PasswordPolicy, used_before
from gateway.identity.passwords.rules import ResetLinkEnded
from gateway.identity.sessions import attempts
from gateway.identity.sessions import store as sessions
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.passwords import PasswordHasher
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.totp.codes import readable
from gateway.identity.users import store as users


class PasswordSetter:
    def __init__(
        self, database: Database, policy: PasswordPolicy, hasher: PasswordHasher, revoker: Revoker
    ) -> None:
        self._database = database
        self._policy = policy
        self._hasher = hasher
        self._revoker = revoker

    def account(self, user_id: str) -> "Row[Any]":
        """Return the account, read outside of the call's transaction. Raises NotFound."""
        with self._database.reading() as connection:
            row = users.find(connection, user_id)
        if row is None:
            raise NotFound("user")
        return row

    def account_of_link(self, token: str) -> "Row[Any]":
        """Return the account that a mailed link belongs to. Raises ResetLinkEnded."""
        with self._database.reading() as connection:
            user_id = store.owner_of_link(connection, token, real_now())
        if user_id is None:
            raise ResetLinkEnded
        return self.account(user_id)

    def temporary(self) -> tuple[str, str]:
        """Return a random password that people can type, and its hash. Raises TooManySignIns."""
        password = readable()
        return password, self._hasher.hash(password)

    def chosen(self, account: "Row[Any]", password: str, field: str) -> str:
        """Return the hash of a password that the person has chosen.

        Raises InvalidFields, TooManySignIns. It takes up to six hashes: no transaction may be open.
        """
        self._policy.demand(password, (account.username, account.display_name), field)
        with self._database.reading() as connection:
            remembered = store.remembered(connection, account.id)
        if any(self._hasher.matches(each, password) for each in remembered):
            raise InvalidFields(used_before(field))
        return self._hasher.hash(password)

    def set(
        self, call: Call, account: "Row[Any]", password_hash: str, *, must_change: bool = False
    ) -> datetime:
        """Set the password of a locked account; unlock its name, end its sessions, refuse its tokens.

        Returns the moment up to which tokens are refused.
        """
        refused_until = self._revoker.revoke(call, account.id)
        store.replace(call.connection, account.id, password_hash, refused_until, must_change=must_change)
        attempts.unlock(call.connection, account.username)
        sessions.end_all(call.connection, account.id, refused_until)
        return refused_until
