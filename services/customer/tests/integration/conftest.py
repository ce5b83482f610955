import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, make_server

import grpc
import pytest
import redis
from chassis.clock import FixedClock
from chassis.database import Database
from chassis.database.migrations import migrations_folder
from chassis.events import store_newer as store
from chassis.service.background import housekeeping
from chassis.testing import DatabaseFactory, TestDatabase, serving
from chassis.uploads.folder import FolderStore
from chassis.uploads.server import files_application
from chassis.uploads.tables import TableFiles
from customer import app
from directory.tables import units, users
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.customer.v1 import customers_pb2_grpc

from directory import Directory, UnknownUnit, UnknownUser

ROOT, SHANGHAI, PUDONG, HANGZHOU = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(4))
REP, COLLEAGUE, PUDONG_REP, HANGZHOU_REP = (f"00000000-0000-7000-8000-0000000000{n}0" for n in range(1, 5))
_PARENTS = {ROOT: None, SHANGHAI: ROOT, PUDONG: SHANGHAI, HANGZHOU: ROOT}
_MEMBERS = {REP: SHANGHAI, COLLEAGUE: SHANGHAI, PUDONG_REP: PUDONG, HANGZHOU_REP: HANGZHOU}


@pytest.fixture
def org():
    """The ids of the organisation: a root over Shanghai (with Pudong) and Hangzhou, and who works there."""
    return SimpleNamespace(
        root=ROOT,
        shanghai=SHANGHAI,
        pudong=PUDONG,
        hangzhou=HANGZHOU,
        rep=REP,
        colleague=COLLEAGUE,
        pudong_rep=PUDONG_REP,
        hangzhou_rep=HANGZHOU_REP,
    )


class NobodyElse:
    """Identity, which knows nobody whom the copy does not know."""

    def unit_parent(self, unit_id):
        raise UnknownUnit

    def member(self, user_id):
        raise UnknownUser


@pytest.fixture(scope="session")
def databases() -> Iterator[DatabaseFactory]:
    factory = DatabaseFactory("customer", migrations_folder(app.__file__))
    yield factory
    factory.close()


@pytest.fixture
def test_database(databases) -> Iterator[TestDatabase]:
    with databases.database() as made:
        yield made


@pytest.fixture
def database(test_database) -> Iterator[Database]:
    opened = test_database.open()
    housekeeping(opened).run()
    with opened.begin() as connection:
        kept = {"kind": "UNIT", "code": "", "version": 1}
        store(connection, units, [{"id": id_, "parent_id": up, **kept} for id_, up in _PARENTS.items()])
        person = {"active": True, "kind": "PERSON", "role_codes": [], "version": 1}
        store(connection, users, [{"id": id_, "unit_id": unit, **person} for id_, unit in _MEMBERS.items()])
    yield opened
    opened.close()


@pytest.fixture
def sections(database):
    """Shanghai and Hangzhou are sections: what is in one is not seen from the other."""
    with database.begin() as connection:
        kept = {"kind": "SECTION", "code": "", "version": 2}
        store(connection, units, [{"id": id_, "parent_id": ROOT, **kept} for id_ in (SHANGHAI, HANGZHOU)])


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(os.environ["JOURNEYMAN_TEST_REDIS_URL"])
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


@pytest.fixture
def directory(database) -> Directory:
    return Directory(database, NobodyElse())


@pytest.fixture
def files_key():
    return bytes(range(32))


@pytest.fixture
def files(tmp_path, files_key) -> Iterator[TableFiles]:
    """The folder store with a files process in front of it."""
    store_ = FolderStore(tmp_path / "files")
    with make_server("127.0.0.1", 0, files_application(store_, files_key), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield TableFiles(tmp_path / "files", f"http://127.0.0.1:{server.server_port}", files_key)
        server.shutdown()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def parts(database, clock, directory, files):
    return app.parts(database, clock, directory, files)


@pytest.fixture
def server(parts, database, clock):
    with serving(
        parts.servicers,
        database=database,
        clock=clock,
        tree=parts.tree,
        errors=parts.errors,
        service="customer",
    ) as running:
        yield running


@pytest.fixture
def open_channel(server):
    with ExitStack() as stack:

        def channel(*permissions, **claims) -> grpc.Channel:
            token = server.issuer.token(*(permissions or ("customers.*",)), **claims)
            return stack.enter_context(server.channel(token))

        yield channel


@pytest.fixture
def client(open_channel):
    def stub(*permissions, **claims) -> customers_pb2_grpc.CustomerServiceStub:
        claims = {"subject": REP, "unit": SHANGHAI, **claims}
        return customers_pb2_grpc.CustomerServiceStub(open_channel(*permissions, **claims))

    return stub


@pytest.fixture
def refusal():
    """What a refused call says: its status code, its reason, and the bad fields with their reasons."""
    return _refusal


def _refusal(call):
    with pytest.raises(grpc.RpcError) as refused:
        call()
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in rpc_status.from_call(refused.value).details:
        for message in (info, bad):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    return refused.value.code(), info.reason, {item.field: item.reason for item in bad.field_violations}
