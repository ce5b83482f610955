"""One moment of all databases: no consumer is ahead of the service whose events it follows."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import IsolationLevel

from local_stack.databases import url_of

# Nobody moves a position while this is held; reading goes on.
_HOLD_CONSUMERS = "LOCK TABLE consumer_positions IN EXCLUSIVE MODE"
_PATIENCE = "SET lock_timeout = '10s'"
_READ = (
    "SELECT pg_export_snapshot(), (SELECT max(version_num) FROM alembic_version),"
    " (SELECT position FROM outbox_head)"
)


@dataclass(frozen=True)
class Snapshot:
    """What of a service's database a backup holds; other connections read `name` while it is open."""

    url: str
    name: str
    schema: str
    position: int


@contextmanager
def consistent(superuser_url: str, services: Iterable[str]) -> Iterator[dict[str, Snapshot]]:
    """Snapshots of the services' databases, until the block ends.

    Consumers stand still for the moment in which all of them are taken: each has then applied no more than
    what stands in the snapshot of the producer, so that no position means another event after a restore.
    """
    urls = {service: url_of(superuser_url, service) for service in services}
    with ExitStack() as reading:
        with ExitStack() as holding:
            for url in urls.values():
                gate = holding.enter_context(psycopg.connect(url))
                gate.execute(_PATIENCE)
                gate.execute(_HOLD_CONSUMERS)
            snapshots = {service: _take(reading, url) for service, url in urls.items()}
        yield snapshots


def _take(reading: ExitStack, url: str) -> Snapshot:
    connection = reading.enter_context(psycopg.connect(url))
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    row = connection.execute(_READ).fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return Snapshot(url, *row)
