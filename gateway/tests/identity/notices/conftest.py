import os
from contextlib import closing
from datetime import UTC, datetime
from functools import cache

import pytest
import redis
from chassis.clock import write_clock_file
from chassis.events import Received
from chassis.service.background import make_partitions
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import notices_pb2_grpc

NOON = datetime.fromisoformat("2026-03-02T12:00+08:00")
EMPTIED = "notice_keys", "notices", "notice_preferences", "job_intents", "webhook_endpoints", "outbox"


@pytest.fixture(scope="module")
def running(run_identity, settings_with, databases, tmp_path_factory):
    """Identity for all tests of a module, with a business clock that stands still."""
    folder = tmp_path_factory.mktemp("identity")
    redis_url = os.environ["JOURNEYMAN_TEST_REDIS_URL"]
    with databases.database() as database, closing(redis.Redis.from_url(redis_url)) as client:
        client.flushdb()
        settings = settings_with(
            database,
            folder,
            clock_file=folder / "clock.json",
            smtp_url="smtp://127.0.0.1:1",
            mail_from="journeyman@example.com",
        )
        with run_identity(settings) as identity:
            make_partitions(identity.database)
            yield identity


@pytest.fixture
def identity(running, clock):
    """Identity with empty inboxes, at noon of a Monday."""
    for table in EMPTIED:
        running.change(f"DELETE FROM {table}")
    running.change("UPDATE users SET state = 'ACTIVE', email = ''")
    return running


@pytest.fixture
def clock(running):
    """Sets the business clock."""

    def set_to(at):
        write_clock_file(running.runtime.settings.clock_file, at, rate=0)

    set_to(NOON)
    return set_to


@pytest.fixture
def people(identity):
    """The ids of people of the demo organisation, by login name."""
    with identity.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT username, id::text FROM users")
        return {row.username: row.id for row in rows}


@pytest.fixture(scope="module")
def tokens(running):
    """The access token of somebody, signed in once."""
    return cache(running.token)


@pytest.fixture
def inbox(identity, tokens):
    return lambda username: identity.stub(notices_pb2_grpc.NoticeServiceStub, tokens(username))


@pytest.fixture
def tell(identity):
    """Applies facts as if a service had published them."""

    def apply(*facts, source="journeyman.visit", at=NOON):
        events = [feed_pb2.Event(source=source, type=fact.type, subject=fact.subject) for fact in facts]
        for event in events:
            event.time.FromDatetime(at.astimezone(UTC))
        received = [Received(event, fact.data) for event, fact in zip(events, facts, strict=True)]
        [subscription] = [each for each in identity.parts.subscriptions if each.consumer == "notices"]
        with identity.database.begin() as connection:
            subscription.apply(connection, received)

    return apply


@pytest.fixture
def told(identity):
    """Who has been told, by login name, as often as they were."""

    def names():
        query = "SELECT username FROM notices JOIN users ON users.id = notices.user_id ORDER BY username"
        with identity.database.reading() as connection:
            return list(connection.exec_driver_sql(query).scalars())

    return names
