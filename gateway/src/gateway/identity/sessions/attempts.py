"""Counts wrong sign-ins by name and network, and locks.

Known and unknown names, wrong passwords and right ones, locked names and open ones go the same way and take
the same time: what an attempt found must not show in how long it took.
"""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from chassis.networks import told_network
from chassis.server import Call
from sqlalchemy import Connection, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.sessions.rules import (
    FAILURES_KEPT,
    FAILURES_TO_LOCK,
    FAILURES_TO_LOCK_EVERYWHERE,
    Outcome,
    after_failures,
    faded,
    locked,
)
from gateway.identity.sessions.tables import wrong_sign_ins as table

_EVERYWHERE = "*"


class Attempt(NamedTuple):
    """Somebody tries to be `username`, from a network that is empty when the gateway told none."""

    username: str
    network: str = ""

    @classmethod
    def of(cls, username: str, call: Call) -> "Attempt":
        return cls(username, told_network(call.metadata))

    @property
    def digest(self) -> bytes:
        """Stands for the name: among the unknown ones are passwords that were typed into the wrong field."""
        return hashlib.sha256(self.username.lower().encode()).digest()


def settle(connection: Connection, attempt: Attempt, outcome: Outcome, at: datetime) -> bool:
    """Count the attempt. Returns whether the name was locked; then it counts nothing.

    It is asked after the hash, not before: of many guesses at once, those that come out behind the fifth
    wrong one are refused even when they are right. The rows' locks count parallel ones exactly.
    """
    row = {"name_digest": attempt.digest, "failures": 0, "counted_at": at}
    # the row of the network first, always: whoever holds that of all networks waits for nobody
    rows = [row | {"network": attempt.network}, row | {"network": _EVERYWHERE}]
    statement = insert(table).values(rows)
    noted = statement.on_conflict_do_update(
        index_elements=["name_digest", "network"], set_={"failures": table.c.failures}
    )
    found = connection.execute(noted.returning(table)).all()
    was_locked = any(locked(each.locked_until, at) for each in found)
    added = Outcome.RIGHT if was_locked else outcome
    connection.execute(_COUNT, [_counted(each, added, at) for each in found])
    return was_locked


def clear(connection: Connection, attempt: Attempt) -> None:
    """Forget the wrong ones behind somebody who has signed in from this network."""
    _forget(connection, attempt, table.c.network.in_((attempt.network, _EVERYWHERE)))


def unlock(connection: Connection, username: str) -> None:
    """Forget the wrong ones of all networks."""
    _forget(connection, Attempt(username))


def forget(connection: Connection, at: datetime) -> None:
    """Delete what nobody has added to for a day."""
    connection.execute(delete(table).where(table.c.counted_at < at - FAILURES_KEPT))


_COUNT = (
    update(table)
    .where(table.c.name_digest == bindparam("digest"), table.c.network == bindparam("place"))
    .values(failures=bindparam("count"), locked_until=bindparam("until"), counted_at=bindparam("counted"))
)


def _counted(row: Any, outcome: Outcome, at: datetime) -> dict[str, Any]:
    here, everywhere = outcome.value
    failures, until, counted_at = row.failures, row.locked_until, row.counted_at
    if row.network == _EVERYWHERE:
        added, most, before = everywhere, FAILURES_TO_LOCK_EVERYWHERE, faded(failures, counted_at, at)
    else:
        added, most, before = here, FAILURES_TO_LOCK, failures
    if added:
        failures, until = after_failures(before, added, most, at)
        counted_at = at
    place = {"digest": row.name_digest, "place": row.network}
    return {**place, "count": failures, "until": until, "counted": counted_at}


def _forget(connection: Connection, attempt: Attempt, *where: Any) -> None:
    counted = or_(table.c.failures > 0, table.c.locked_until.is_not(None))
    of_name = table.c.name_digest == attempt.digest, counted, *where
    # in the order of `settle`: an update takes them in its own, and the two would wait for each other
    in_order = select(table.c.network).where(*of_name).order_by(table.c.network == _EVERYWHERE)
    if connection.execute(in_order.with_for_update()).all():
        connection.execute(update(table).where(*of_name).values(failures=0, locked_until=None))
