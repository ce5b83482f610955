import base64
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import argon2
import grpc
import pytest
import redis
from chassis.client import authenticated
from chassis.clock import write_clock_file
from chassis.database import Database
from chassis.server import Edge, Server
from chassis.service import Parts, Runtime
from chassis.testing import DatabaseFactory, TestDatabase
from gateway.identity import demo
from gateway.identity.app import DEFINITION, build
from gateway.identity.sessions.moments import real_now
from gateway.identity.settings import IdentitySettings
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.identity.v1 import sessions_pb2, sessions_pb2_grpc, users_pb2
from sqlalchemy import text

SERVICE_SECRET = "a-secret-of-a-service-that-nobody-guesses"


class Identity:
    """Identity as its process runs it, on a database with the demo organisation."""

    def __init__(self, runtime: Runtime, parts: Parts, target: str) -> None:
        self.runtime = runtime
        self.parts = parts
        self.target = target
        self.database = runtime.database
        self._opened = ExitStack()

    def stub(self, kind: type, token: str = "") -> Any:
        channel = self._opened.enter_context(grpc.insecure_channel(self.target))
        return kind(authenticated(channel, lambda: token) if token else channel)

    @property
    def anonymous(self) -> Any:
        return self.stub(sessions_pb2_grpc.SessionServiceStub)

    def login(self, username: str, password: str = demo.PASSWORD) -> sessions_pb2.Session:
        return self.anonymous.Login(sessions_pb2.LoginRequest(username=username, password=password))

    def token(self, username: str) -> str:
        return self.login(username).access_token

    def me(self, token: str) -> sessions_pb2.Me:
        return self.stub(sessions_pb2_grpc.SessionServiceStub, token).GetMe(sessions_pb2.GetMeRequest())

    def user(self, username: str) -> users_pb2.User:
        return self.me(self.token(username)).user

    def unit_id(self, code: str) -> str:
        return str(self.value("SELECT id FROM org_units WHERE code = :code", code=code))

    def value(self, query: str, **values: object) -> Any:
        with self.database.reading() as connection:
            return connection.execute(text(query), values).scalar()

    def change(self, statement: str, **values: object) -> None:
        with self.database.begin() as connection:
            connection.execute(text(statement), values)

    def events(self, type_: str) -> list[Any]:
        with self.database.reading() as connection:
            query = "SELECT subject, aggregate_version, data FROM outbox WHERE type = :type ORDER BY seq"
            return list(connection.execute(text(query), {"type": f"journeyman.identity.{type_}.v1"}))

    def set_time(self, at: datetime) -> None:
        """Stop the business clock at this instant."""
        clock_file = self.runtime.settings.clock_file
        assert clock_file
        write_clock_file(clock_file, at, rate=0)

    def close(self) -> None:
        self._opened.close()


class Refusal:
    """What a refused call says of itself, once the block that makes it has ended."""

    code: str
    reason: str
    fields: list[str]
    details: Any

    def read(self, error: grpc.RpcError) -> None:
        self.details = rpc_status.from_call(error).details
        self.code = error.code().name
        self.reason = "".join(found.reason for found in self.unpack(error_details_pb2.ErrorInfo))
        bad = self.unpack(error_details_pb2.BadRequest)
        self.fields = [violation.field for request in bad for violation in request.field_violations]

    def unpack(self, type_: type) -> list[Any]:
        messages = []
        for detail in self.details:
            message = type_()
            if detail.Unpack(message):
                messages.append(message)
        return messages


@pytest.fixture
def refused():
    """A block that must be refused: `with refused() as refusal`."""

    @contextmanager
    def block():
        refusal = Refusal()
        with pytest.raises(grpc.RpcError) as caught:
            yield refusal
        refusal.read(caught.value)

    return block


@pytest.fixture(scope="session")
def databases() -> Iterator[DatabaseFactory]:
    factory = DatabaseFactory("identity", DEFINITION.migrations)
    template = Database(factory._url(factory._template, "runtime"), "seed")
    demo.seed(template, real_now())
    template.close()
    yield factory
    factory.close()


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(os.environ["JOURNEYMAN_TEST_REDIS_URL"])
    client.flushdb()
    yield client
    client.close()


def settings_of(database: TestDatabase, folder: Path, **more: Any) -> IdentitySettings:
    defaults = {
        "env": "local",
        "redis_url": os.environ["JOURNEYMAN_TEST_REDIS_URL"],
        "listen": "127.0.0.1:0",
        "ops_listen": "127.0.0.1:0",
        "state_folder": folder,
        "clock_file": folder / "clock.json",
        "database_url": database.runtime_url,
        "identity_target": "127.0.0.1:1",
        "service_clients": {"visit": SERVICE_SECRET},
        "console_url": "https://console.example.com/",
        "files_folder": folder / "files",
        "files_url": "http://files.example",
        "files_key": base64.b64encode(bytes(32)).decode(),
    }
    return IdentitySettings(**defaults | more)


@pytest.fixture(scope="session")
def settings_with():
    """Settings of a process on a database, with a folder of its own."""
    return settings_of


@pytest.fixture
def settings(
    databases: DatabaseFactory, redis_client: redis.Redis, tmp_path: Path
) -> Iterator[IdentitySettings]:
    del redis_client  # emptied
    with databases.database() as database:
        yield settings_of(database, tmp_path)


@pytest.fixture(scope="session")
def run_identity():
    """Identity as its process runs it, for the length of a block: `with run_identity(settings) as it`."""

    @contextmanager
    def run(settings: IdentitySettings) -> Iterator[Identity]:
        runtime = Runtime("identity", settings)
        parts = build(runtime)
        edge = Edge(
            service="identity",
            database=runtime.database,
            clock=runtime.clock,
            verifier=runtime.verifier,
            tree=parts.tree,
            metrics=runtime.metrics,
            errors=parts.errors,
        )
        server = Server(settings.listen, edge, parts.servicers)
        server.start()
        running = Identity(runtime, parts, f"127.0.0.1:{server.port}")
        yield running
        running.close()
        server.stop()
        runtime.database.close()

    return run


@pytest.fixture
def identity(run_identity, settings: IdentitySettings) -> Iterator[Identity]:
    with run_identity(settings) as running:
        yield running


@pytest.fixture
def database(databases: DatabaseFactory) -> Iterator[Database]:
    with databases.database() as made:
        opened = made.open()
        yield opened
        opened.close()


@pytest.fixture
def quick_hash(identity: Identity) -> None:
    """Makes hashes of passwords take no time."""
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    hasher = identity.parts.servicers[0]._password_sign_in._check._hasher
    hasher._argon2, hasher._nobodys = quick, quick.hash("x")
    identity.change("UPDATE credentials SET password_hash = :hash", hash=quick.hash(demo.PASSWORD))
