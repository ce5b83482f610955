import os
from contextlib import closing
from datetime import datetime
from functools import cache

import pytest
import redis
from chassis.clock import write_clock_file
from google.protobuf.any_pb2 import Any as Packed
from journeyman.notices.v1.events_pb2 import NoticeRaised
from journeyman.work.v1 import work_pb2, work_pb2_grpc
from sqlalchemy import text

MONDAY = datetime.fromisoformat("2026-03-02T09:00+08:00")


@pytest.fixture(scope="module")
def running(run_identity, settings_with, databases, tmp_path_factory):
    """Identity for all tests of a module, with a business clock that stands still."""
    folder = tmp_path_factory.mktemp("identity")
    redis_url = os.environ["JOURNEYMAN_TEST_REDIS_URL"]
    with databases.database() as database, closing(redis.Redis.from_url(redis_url)) as client:
        client.flushdb()
        settings = settings_with(database, folder, clock_file=folder / "clock.json")
        with run_identity(settings) as identity:
            yield identity


@pytest.fixture
def clock(running):
    """Sets the business clock."""

    def set_to(at):
        write_clock_file(running.runtime.settings.clock_file, at, rate=0)

    set_to(MONDAY)
    return set_to


@pytest.fixture
def identity(running, clock):
    """Identity, at nine o'clock of a Monday."""
    return running


@pytest.fixture(scope="module")
def tokens(running):
    """The access token of somebody, signed in once."""
    return cache(running.token)


@pytest.fixture
def people(identity):
    """The ids of people of the demo organisation, by login name."""
    with identity.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT username, id::text FROM users")
        return {row.username: row.id for row in rows}


@pytest.fixture
def told(identity):
    """The notices that were raised by a template, oldest first."""

    def notices(template):
        query = text("SELECT data FROM outbox WHERE type LIKE '%.notice.raised.v1' ORDER BY seq")
        with identity.database.reading() as connection:
            rows = connection.execute(query).scalars().all()
        found = []
        for row in rows:
            notice = NoticeRaised()
            assert Packed.FromString(bytes(row)).Unpack(notice)
            if notice.template == template:
                found.append(notice)
        return found

    return notices


@pytest.fixture
def tasks(identity, tokens):
    """The open work of somebody: resource and kind."""

    def listed(username, **page):
        stub = identity.stub(work_pb2_grpc.WorkServiceStub, tokens(username))
        return stub.ListMyTasks(work_pb2.ListMyTasksRequest(**page)).tasks

    return listed


@pytest.fixture
def as_(identity, tokens):
    """A service as somebody sees it: `as_(stub_class, username)`."""
    return lambda kind, username: identity.stub(kind, tokens(username))


@pytest.fixture
def with_role(identity, people):
    """Gives people roles: `with_role(username, code, scope)`."""

    def give(username, code, scope="ALL"):
        identity.change(
            "INSERT INTO role_assignments (id, user_id, role_code, unit_id, scope, created_at)"
            " SELECT gen_random_uuid(), id, :code, unit_id, :scope, created_at FROM users"
            " WHERE username = :name ON CONFLICT DO NOTHING",
            code=code,
            scope=scope,
            name=username,
        )

    return give
