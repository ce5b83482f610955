"""Asks for a code where the person has an authenticator."""

from chassis.database import Database

from gateway.identity.sessions.attempts import Attempt
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.password_check import PasswordCheck
from gateway.identity.sessions.rules import OtpRequired, OtpWrong, Outcome
from gateway.identity.totp import store


class SecondFactor:
    def __init__(self, database: Database, check: PasswordCheck) -> None:
        self._database = database
        self._check = check

    def demand(self, attempt: Attempt, user_id: str, code: str) -> None:
        """Use up a code. Raises OtpRequired, OtpWrong, NameLocked; it asks nothing of who has none.

        Like the count of wrong ones, what was used up stays so although the call may be refused.
        """
        with self._database.begin() as connection:
            authenticator = store.in_use(connection, user_id)
            if authenticator is None:
                return
            if not code:
                raise OtpRequired
            right = store.spend(connection, authenticator, code, real_now())
        self._check.settle(attempt, Outcome.RIGHT if right else Outcome.WRONG_INSIDE)
        if not right:
            raise OtpWrong
