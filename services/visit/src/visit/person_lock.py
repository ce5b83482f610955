"""One person's plans and visits change one call at a time."""

from sqlalchemy import Connection, text

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0))")


def lock_person(connection: Connection, user_id: str) -> None:
    """Wait until no other transaction writes this person's plans and visits; the lock goes with this one.

    What is then read stays true until the commit: of two parallel check-ins the second sees the first, and an
    amendment sees the check-in that began a stop. Unique indexes stand behind it.
    """
    connection.execute(_LOCK, {"user_id": user_id})
