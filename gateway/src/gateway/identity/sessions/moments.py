"""The real clock. Tokens, sessions and locks never follow the business clock that a demo moves."""

from datetime import UTC, datetime


def real_now() -> datetime:
    """Return the moment in whole milliseconds, the grain of a token's `iat` and of revocations.

    A token made in the millisecond of a revocation counts as made before it.
    """
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
