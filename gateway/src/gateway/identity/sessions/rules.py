"""Times of sessions and tokens, and what can go wrong while signing in."""

from datetime import datetime, timedelta

ACCESS_TOKEN_LIFE = timedelta(minutes=15)
WEB_SESSION_IDLE = timedelta(minutes=30)  # R148: a web session that nobody refreshes ends by itself
FAILURES_TO_LOCK = 5
LOCK = timedelta(minutes=15)
OLD_KEY_LISTED = timedelta(hours=1)
SESSION_KEPT = timedelta(days=7)


class WrongCredentials(Exception):
    """Unknown, wrong, locked, disabled or without a role: the caller is not told which."""


class TooManySignIns(Exception):
    """The password hashers are busy."""


class SessionEnded(Exception):
    """The session has ended, or the refresh token never belonged to one."""


def locked(locked_until: datetime | None, at: datetime) -> bool:
    return locked_until is not None and at < locked_until


def after_failure(failures: int, at: datetime) -> tuple[int, datetime | None]:
    """Return the count of wrong passwords in a row and the end of the lock after one more.

    The fifth locks the account for fifteen minutes; behind the lock the count starts again.
    """
    if failures + 1 < FAILURES_TO_LOCK:
        return failures + 1, None
    return 0, at + LOCK
