import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from chassis.clock import FixedClock
from chassis.database import Database
from chassis.testing import DatabaseFactory, TestDatabase

SCHEMA = Path(__file__).parent / "schema"


@pytest.fixture(scope="session")
def databases() -> Iterator[DatabaseFactory]:
    factory = DatabaseFactory("chassis", SCHEMA)
    yield factory
    factory.close()


@pytest.fixture
def test_database(databases: DatabaseFactory) -> Iterator[TestDatabase]:
    with databases.database() as database:
        yield database


@pytest.fixture
def database(test_database: TestDatabase) -> Iterator[Database]:
    opened = test_database.open()
    yield opened
    opened.close()


@pytest.fixture
def consuming(databases: DatabaseFactory) -> Iterator[Database]:
    """The database of a consumer, beside that of the producer."""
    with databases.database() as fresh:
        opened = fresh.open()
        yield opened
        opened.close()


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(os.environ["JOURNEYMAN_TEST_REDIS_URL"])
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
