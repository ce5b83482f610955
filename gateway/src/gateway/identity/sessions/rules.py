"""Times of sessions and tokens, and what can go wrong while signing in."""

from datetime import datetime, timedelta
from enum import Enum

ACCESS_TOKEN_LIFE = timedelta(minutes=15)
WEB_SESSION_IDLE = timedelta(minutes=30)  # R148: a web session that nobody refreshes ends by itself
SESSION_LONGEST = timedelta(hours=12)  # R148: of a page that refreshes by itself, or a copied token
# A phone stays signed in: it is locked by itself, and bound to its person. One that nobody uses is forgotten.
PHONE_SESSION_IDLE = timedelta(days=90)
FAILURES_TO_LOCK = 5  # in a row, from one network
# From all networks together. So many that who knows a name, but no network of its owner, cannot lock them out
# by the way; so few that guesses from a thousand networks come to nothing either.
FAILURES_TO_LOCK_EVERYWHERE = 50
LOCK = timedelta(minutes=15)
FAILURES_KEPT = timedelta(days=1)
OLD_KEY_LISTED = timedelta(hours=1)
SESSION_KEPT = timedelta(days=7)
# A refresh token comes again when its answer was lost on the way.
REFRESH_REPEATED = timedelta(seconds=30)


class WrongCredentials(Exception):
    """Unknown, wrong, locked, disabled or without a role: the caller is not told which, the operator is."""

    outcome = "wrong"


class UnknownName(WrongCredentials):
    outcome = "unknown"


class NameLocked(WrongCredentials):
    outcome = "locked"


class AccountClosed(WrongCredentials):
    """R147: disabled, or without a role."""

    outcome = "closed"


class OtpRequired(Exception):
    """The password is right, and the person has an authenticator."""

    outcome = "otp_required"


class OtpWrong(Exception):
    """Not a code of the authenticator, or one that was used before."""

    outcome = "otp_wrong"


class TooManySignIns(Exception):
    """The password hashers are busy."""

    outcome = "busy"


class SessionEnded(Exception):
    """The session has ended, or the refresh token never belonged to one."""


class Outcome(Enum):
    """What an attempt adds to the counts of its network and of all networks together.

    Whoever has the password or a token already is no stranger: that many guesses lock the name everywhere.
    """

    RIGHT = (0, 0)
    WRONG = (1, 1)
    WRONG_INSIDE = (1, FAILURES_TO_LOCK_EVERYWHERE // FAILURES_TO_LOCK)


def locked(locked_until: datetime | None, at: datetime) -> bool:
    return locked_until is not None and at < locked_until


def faded(failures: int, counted_at: datetime, at: datetime) -> int:
    """Return what is left at `at` of the count of all networks: fifty fade within a lock's time.

    Else who guesses from one network, five at a time, would lock the name everywhere within the day.
    """
    gone = int((at - counted_at) / LOCK * FAILURES_TO_LOCK_EVERYWHERE)
    return max(0, failures - max(0, gone))  # a clock that was set back adds none


def after_failures(failures: int, added: int, most: int, at: datetime) -> tuple[int, datetime | None]:
    """Return the count of failures in a row and the end of the lock after `added` more.

    `most` lock for fifteen minutes; behind the lock the count starts again.
    """
    if failures + added < most:
        return failures + added, None
    return 0, at + LOCK
