"""Tokens that are refused before they expire: kept in the database, published, and announced over Redis."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import redis
import structlog
from chassis.access import Revocations
from chassis.access.revocations import STREAM
from chassis.access.tokens import CLOCK_SKEW_SECONDS
from chassis.database import Database
from chassis.outbox import Fact
from chassis.server import Call
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Connection, delete, insert, select, update

from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.rules import ACCESS_TOKEN_LIFE
from gateway.identity.sessions.tables import revocations

_STREAM_LENGTH = 10_000
_BATCH = 500
_SKEW = timedelta(seconds=CLOCK_SKEW_SECONDS)

log = structlog.get_logger()


class Announcer:
    """Tells the holders of the revocation list over Redis, which revocations are new.

    Called right after a commit, and by a sweep for those whose process died or whose Redis was away. Telling
    twice does no harm.
    """

    def __init__(self, database: Database, client: "redis.Redis", known: Revocations) -> None:
        self._database = database
        self._redis = client
        self._known = known

    def __call__(self) -> None:
        query = select(revocations).where(~revocations.c.announced).order_by(revocations.c.id).limit(_BATCH)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            self._known.add(row.key, row.issued_before.timestamp())
        try:
            for row in rows:
                fields = {"key": row.key, "issued_before": repr(row.issued_before.timestamp())}
                self._redis.xadd(STREAM, fields, maxlen=_STREAM_LENGTH, approximate=True)  # type: ignore[arg-type] # dict is invariant
        except redis.RedisError as error:
            log.warning("revocations not announced yet", error=str(error))
            return
        if rows:
            self._note([row.id for row in rows])

    def _note(self, ids: list[int]) -> None:
        with self._database.begin() as connection:
            connection.execute(update(revocations).where(revocations.c.id.in_(ids)).values(announced=True))


class Revoker:
    """Refuses the tokens of a session or a person from now on."""

    def __init__(self, announce: Announcer) -> None:
        self._announce = announce

    def revoke(self, call: Call, key: str) -> datetime:
        """Revoke in the call's transaction, and announce it once that has committed.

        Returns the moment up to which tokens are refused.
        """
        at = real_now()
        call.publish(write(call.connection, key, at))
        call.after_commit(self.announce)
        return at

    def announce(self) -> None:
        """Announce what has been committed; a failure is the sweep's to make good."""
        try:
            self._announce()
        except Exception as error:  # noqa: BLE001 - the call it follows is done and must not fail any more
            log.warning("revocations not announced yet", error=str(error))


def write(connection: Connection, key: str, at: datetime) -> Fact:
    """Write the revocation of tokens issued at `at` or before. Returns the fact to publish."""
    connection.execute(insert(revocations).values(key=key, issued_before=at))
    return _fact(key, at)


def _fact(key: str, at: datetime) -> Fact:
    data = events_pb2.AccessRevoked(key=key)
    data.issued_before.FromDatetime(at)
    version = int(at.timestamp() * 1000)
    return Fact("journeyman.identity.access.revoked.v1", key, version, data)


def write_all(connection: Connection, keys: Sequence[str], at: datetime) -> list[Fact]:
    """Write the revocation of everybody's tokens issued at `at` or before. Returns the facts to publish."""
    if keys:
        connection.execute(insert(revocations), [{"key": key, "issued_before": at} for key in keys])
    return [_fact(key, at) for key in keys]


def effective(connection: Connection, at: datetime) -> Mapping[str, datetime]:
    """Return the revocations of tokens that have not expired, oldest first."""
    oldest = at - ACCESS_TOKEN_LIFE - _SKEW
    query = select(revocations.c.key, revocations.c.issued_before)
    rows = connection.execute(query.where(revocations.c.issued_before > oldest).order_by(revocations.c.id))
    return {row.key: row.issued_before for row in rows}


def forget(connection: Connection, at: datetime) -> None:
    """Delete the revocations of tokens that have expired."""
    oldest = at - ACCESS_TOKEN_LIFE - _SKEW
    connection.execute(delete(revocations).where(revocations.c.issued_before < oldest))
