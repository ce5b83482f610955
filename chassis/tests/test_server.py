"""The edge of a service, through a real gRPC server. A servicer of notes stands in for a service."""

import hashlib
import os
import threading
from contextlib import ExitStack

import grpc
import psycopg
import pytest
from chassis.access import Scope
from chassis.database import Database
from chassis.database.writes import Write
from chassis.errors import ErrorKind, FieldProblem, InvalidFields, NotFound
from chassis.outbox import Fact
from chassis.server import Edge, Server
from chassis.server.server import THREADS
from chassis.service.background import housekeeping
from chassis.testing import OneUnitEach, audit_entries, serving
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.identity.v1 import events_pb2, org_units_pb2, org_units_pb2_grpc
from sqlalchemy import text

UNIT = "00000000-0000-7000-8000-0000000000aa"
ID = "00000000-0000-7000-8000-0000000000bb"


class Odd(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


ERRORS = {Odd: ErrorKind(grpc.StatusCode.FAILED_PRECONDITION, "ODD", "{name} is odd.", "{name} 很奇怪。")}


class Notes:
    """Answers the contract of units with rows of a table of notes."""

    contract = org_units_pb2.DESCRIPTOR.services_by_name["OrgUnitService"]

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def get_org_unit(self, request, call):
        row = call.connection.execute(
            text("SELECT id, body FROM notes WHERE id = :id"), {"id": request.org_unit_id}
        ).first()
        if row is None or not call.scope.covers(unit_id=UNIT, owner_id=""):
            raise NotFound("note")
        return org_units_pb2.OrgUnit(id=row.id, display_name=row.body)

    def list_org_units(self, request, call):
        if request.code == "odd":
            raise Odd(request.code)
        if request.code == "many":
            problem = FieldProblem("units[999].displayName", "STRING_MAX_LEN", "is too long" * 5, "太长" * 10)
            raise InvalidFields(*[problem] * 1000)
        if request.code == "long":
            path = f"values[{'键' * 10_000}]"
            raise InvalidFields(FieldProblem(path, "NO_SUCH_FIELD", f"{path} is none", f"没有 {path}"))
        if request.code == "bug":
            message = "the password is hunter2"
            raise RuntimeError(message)
        return org_units_pb2.ListOrgUnitsResponse()

    def create_org_unit(self, request, call):
        self.entered.set()
        self.gate.wait(10)
        unit = request.org_unit
        call.connection.execute(
            text("INSERT INTO notes VALUES (:id, :body)"), {"id": unit.code, "body": unit.display_name}
        )
        call.publish(Fact("t.v1", unit.code, 1, events_pb2.OrgUnitChanged(code=unit.code)))
        call.changed(f"notes/{unit.code}", ["display_name"])
        if unit.code == "odd":
            raise Odd(unit.code)
        return unit

    def update_org_unit(self, request, call):
        call.demand_etag(request.org_unit.etag, 3)
        return request.org_unit


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def server(database, clock, notes):
    with serving(
        [notes], database=database, clock=clock, tree=OneUnitEach(), errors=ERRORS, service="notes"
    ) as running:
        yield running


@pytest.fixture
def stub(server):
    with ExitStack() as stack:

        def open_stub(*permissions, **claims):
            token = server.issuer.token(*permissions, **claims) if permissions else ""
            return org_units_pb2_grpc.OrgUnitServiceStub(stack.enter_context(server.channel(token)))

        yield open_stub


def refusal(call):
    with pytest.raises(grpc.RpcError) as refused:
        call()
    error = refused.value
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    words = error_details_pb2.LocalizedMessage()
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        for message in (info, words, bad):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    return error.code(), info.reason, words.message, {v.field: v.description for v in bad.field_violations}


LIST = org_units_pb2.ListOrgUnitsRequest()


def new(code="a", name="A"):
    return org_units_pb2.CreateOrgUnitRequest(org_unit=org_units_pb2.OrgUnit(code=code, display_name=name))


def rows(database, query="SELECT count(*) FROM notes"):
    with database.reading() as connection:
        return connection.execute(text(query)).scalar_one()


def test_without_a_token_nobody_gets_in(stub):
    assert refusal(lambda: stub().ListOrgUnits(LIST))[:2] == (
        grpc.StatusCode.UNAUTHENTICATED,
        "NOT_SIGNED_IN",
    )


def test_without_the_permission_nobody_gets_in(stub):
    code, reason, words, _ = refusal(lambda: stub("customers.*").ListOrgUnits(LIST))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED")
    assert "orgUnits.read" in words


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"captured_until": 1_772_409_600.5}, "DEVICE_REPLACED"),
        ({"password_change_required": True}, "PASSWORD_CHANGE_REQUIRED"),
    ],
)
def test_who_is_held_back_is_told_what_keeps_them_out(stub, claims, expected):
    code, reason, *_ = refusal(lambda: stub("customers.*", claims=claims).ListOrgUnits(LIST))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, expected)


def test_with_the_permission_the_method_answers(stub):
    assert stub("orgUnits.read").ListOrgUnits(LIST) == org_units_pb2.ListOrgUnitsResponse()


def test_every_bad_field_is_named_as_the_client_wrote_it(stub):
    request = org_units_pb2.CreateOrgUnitRequest(
        org_unit=org_units_pb2.OrgUnit(code="UPPER", display_name="a\0b", parent_id="x")
    )
    code, reason, _, fields = refusal(lambda: stub("*").CreateOrgUnit(request))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert fields.keys() == {"orgUnit.code", "orgUnit.displayName", "orgUnit.parentId"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_very_many_bad_fields_as_many_are_named_as_fit_into_an_answer(stub, language):
    request = org_units_pb2.ListOrgUnitsRequest(code="many")
    metadata = (("accept-language", language),)
    for _ in range(5):
        code, reason, _, fields = refusal(lambda: stub("*").ListOrgUnits(request, metadata=metadata))
        assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
        assert fields


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_name_that_the_caller_made_too_long_for_an_answer_is_told_in_short(stub, language):
    request = org_units_pb2.ListOrgUnitsRequest(code="long")
    metadata = (("accept-language", language),)
    code, reason, _, fields = refusal(lambda: stub("*").ListOrgUnits(request, metadata=metadata))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert [name[:8] for name in fields] == ["values[键"]


def test_words_come_in_the_callers_language(stub):
    request = org_units_pb2.ListOrgUnitsRequest(code="odd")
    chinese = [("accept-language", "fr, zh-CN;q=0.9, en;q=0.5")]
    assert refusal(lambda: stub("*").ListOrgUnits(request, metadata=chinese))[2] == "odd 很奇怪。"
    assert refusal(lambda: stub("*").ListOrgUnits(request))[2] == "odd is odd."


def test_an_unknown_exception_tells_nothing_of_itself(stub):
    code, reason, words, _ = refusal(
        lambda: stub("*").ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(code="bug"))
    )
    assert (code, reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "hunter2" not in words


def test_a_write_leaves_its_row_its_event_and_its_audit_entry(stub, database):
    stub("*").CreateOrgUnit(new(), metadata=[("x-request-id", "r1")])
    assert rows(database) == 1
    assert rows(database, "SELECT string_agg(type, ' ') FROM outbox WHERE audit IS NOT NULL") == "t.v1"


@pytest.mark.parametrize(("person", "recorded"), [(True, ""), (False, "somebody")])
def test_only_a_machine_says_for_whom_it_works(stub, database, person, recorded):
    metadata = (("x-on-behalf-of", "somebody"),)
    stub("*", person=person).CreateOrgUnit(new(), metadata=metadata)
    [entry] = audit_entries(database)
    assert entry.on_behalf_of == recorded


def test_a_failed_write_leaves_nothing(stub, database):
    assert refusal(lambda: stub("*").CreateOrgUnit(new("odd")))[1] == "ODD"
    assert rows(database) == 0
    assert rows(database, "SELECT count(*) FROM outbox") == 0


def test_a_unique_violation_is_a_conflict_and_no_server_error(stub):
    stub("*").CreateOrgUnit(new())
    assert refusal(lambda: stub("*").CreateOrgUnit(new()))[:2] == (grpc.StatusCode.ABORTED, "CONFLICT")


@pytest.fixture
def partitions(database):
    housekeeping(database).run()


@pytest.mark.usefixtures("partitions")
def test_a_repeated_key_is_answered_from_the_first_call(stub, database):
    key = [("idempotency-key", "k1")]
    caller = stub("*")
    first = caller.CreateOrgUnit(new("a", "x"), metadata=key)
    assert caller.CreateOrgUnit(new("a", "x"), metadata=key) == first
    assert rows(database) == 1


@pytest.mark.usefixtures("partitions")
def test_a_key_does_not_fit_another_request(stub):
    key = [("idempotency-key", "k1")]
    stub("*").CreateOrgUnit(new("a"), metadata=key)
    assert refusal(lambda: stub("*").CreateOrgUnit(new("b"), metadata=key))[1] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.usefixtures("partitions")
def test_what_was_asked_cannot_be_guessed_from_what_is_kept_of_it(stub, database):
    request = new()
    stub("*").CreateOrgUnit(request, metadata=[("idempotency-key", "k1")])
    guess = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
    kept = "SELECT count(*) FROM idempotency_records"
    assert rows(database, kept) == 1
    assert rows(database, f"{kept} WHERE request_hash = decode('{guess}', 'hex')") == 0


@pytest.mark.usefixtures("partitions")
def test_keys_of_two_callers_are_two_keys(stub, database):
    key = [("idempotency-key", "k1")]
    stub("*").CreateOrgUnit(new("a"), metadata=key)
    stub("*", subject=ID).CreateOrgUnit(new("b"), metadata=key)
    assert rows(database) == 2


@pytest.mark.usefixtures("partitions")
def test_of_parallel_twins_one_works_and_the_other_is_told_to_wait(stub, notes, database):
    key = [("idempotency-key", "k1")]
    notes.gate.clear()
    first = stub("*").CreateOrgUnit.future(new(), metadata=key)
    assert notes.entered.wait(5)
    assert refusal(lambda: stub("*").CreateOrgUnit(new(), metadata=key))[1] == "CALL_IN_FLIGHT"
    notes.gate.set()
    first.result(timeout=5)
    assert rows(database) == 1


@pytest.mark.usefixtures("partitions")
def test_a_failed_call_is_not_remembered(stub, database):
    key = [("idempotency-key", "k1")]
    for _ in range(2):
        assert refusal(lambda: stub("*").CreateOrgUnit(new("odd"), metadata=key))[1] == "ODD"
    assert rows(database, "SELECT count(*) FROM idempotency_records") == 0


def update(etag=""):
    return org_units_pb2.UpdateOrgUnitRequest(org_unit=org_units_pb2.OrgUnit(id=ID, etag=etag))


def test_an_etag_must_name_the_version_that_is_there(stub):
    changer = stub("*")
    changer.UpdateOrgUnit(update('"v3"'))
    changer.UpdateOrgUnit(update(), metadata=[("if-match", '"v3"')])
    changer.UpdateOrgUnit(update(), metadata=[("if-match", "*")])
    assert refusal(lambda: changer.UpdateOrgUnit(update('"v2"')))[1] == "ETAG_MISMATCH"
    assert (
        refusal(lambda: changer.UpdateOrgUnit(update(), metadata=[("if-match", '"v4"')]))[1]
        == "ETAG_MISMATCH"
    )
    assert refusal(lambda: changer.UpdateOrgUnit(update("v2")))[3].keys() == {"etag"}


def test_rows_outside_the_scope_do_not_exist(stub):
    stub("*").CreateOrgUnit(new(ID))
    request = org_units_pb2.GetOrgUnitRequest(org_unit_id=ID)
    assert stub("orgUnits.read", scope=Scope.UNIT, unit=UNIT).GetOrgUnit(request).id == ID
    elsewhere = stub("orgUnits.read", scope=Scope.UNIT, unit=ID)
    assert refusal(lambda: elsewhere.GetOrgUnit(request))[:2] == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


def test_calls_are_counted_by_method_and_code(stub, server):
    stub("*").ListOrgUnits(LIST)
    refusal(lambda: stub().ListOrgUnits(LIST))
    name = "journeyman.identity.v1.OrgUnitService/ListOrgUnits"
    for code in ("OK", "UNAUTHENTICATED"):
        labels = {"method": name, "code": code}
        assert server.metrics.registry.get_sample_value("journeyman_requests_total", labels) == 1


def test_a_database_that_is_away_is_unavailable_and_no_server_error(clock, notes):
    away = Database("postgresql://nobody:x@127.0.0.1:1/none", "test")
    with (
        serving(
            [notes], database=away, clock=clock, tree=OneUnitEach(), errors={}, service="notes"
        ) as server,
        server.channel(server.issuer.token("*")) as channel,
    ):
        stub = org_units_pb2_grpc.OrgUnitServiceStub(channel)
        assert refusal(lambda: stub.CreateOrgUnit(new()))[:2] == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")


def test_a_used_up_pool_is_unavailable_and_no_server_error(test_database, clock, notes, monkeypatch):
    narrow = test_database.open(pool_size=1)
    monkeypatch.setattr(narrow.engine.pool, "_timeout", 0.05)
    with (
        serving(
            [notes], database=narrow, clock=clock, tree=OneUnitEach(), errors={}, service="notes"
        ) as server,
        server.channel(server.issuer.token("*")) as channel,
    ):
        stub = org_units_pb2_grpc.OrgUnitServiceStub(channel)
        with narrow.begin():
            told = refusal(lambda: stub.CreateOrgUnit(new()))
        assert told[:2] == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")
    narrow.close()


def test_a_call_whose_deadline_passed_while_it_waited_is_not_begun(stub, notes, database):
    notes.gate.clear()
    caller = stub("*")
    busy = [caller.CreateOrgUnit.future(new(f"n{n}")) for n in range(THREADS)]
    assert notes.entered.wait(5)
    with pytest.raises(grpc.RpcError) as refused:
        caller.CreateOrgUnit(new("late"), timeout=0.3)
    assert refused.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    notes.gate.set()
    for call in busy:
        call.result(timeout=10)
    assert rows(database) == THREADS


class Brief(Notes):
    """Writes its row with the commit."""

    def create_org_unit(self, request, call):
        unit = request.org_unit
        call.write(Write("INSERT INTO notes VALUES (%s, %s)", (unit.code, unit.display_name)))
        call.publish(Fact("t.v1", unit.code, 1, events_pb2.OrgUnitChanged(code=unit.code)))
        return unit


@pytest.mark.usefixtures("partitions")
@pytest.mark.parametrize("key", [[], [("idempotency-key", "k1")]], ids=["without a key", "with a key"])
def test_what_is_written_with_the_commit_stands_or_falls_with_its_event(database, clock, key):
    around = {"database": database, "clock": clock, "tree": OneUnitEach(), "errors": {}, "service": "notes"}
    with serving([Brief()], **around) as server, server.channel(server.issuer.token("*")) as channel:
        caller = org_units_pb2_grpc.OrgUnitServiceStub(channel)
        assert caller.CreateOrgUnit(new(), metadata=key).code == "a"
        assert refusal(lambda: caller.CreateOrgUnit(new(name="another")))[1] == "CONFLICT"
        if key:
            assert caller.CreateOrgUnit(new(), metadata=key).code == "a"
    assert rows(database) == 1
    assert rows(database, "SELECT count(*) FROM outbox") == 1


def end_connections(database_name):
    """End every connection to the database, as its restart would."""
    with psycopg.connect(os.environ["JOURNEYMAN_TEST_POSTGRES_URL"]) as admin:
        query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        assert all(ended for (ended,) in admin.execute(query, (database_name,)))


class Hot(Notes):
    """Reads over the thread's own connection; all threads at once, so that each opens one."""

    def __init__(self) -> None:
        super().__init__()
        self.all = threading.Barrier(THREADS, timeout=10)

    def list_org_units(self, request, call):
        call.raw.execute("SELECT 1")
        self.all.wait()
        return org_units_pb2.ListOrgUnitsResponse()


def test_reads_outlive_a_restart_of_the_database(database, clock):
    around = {"database": database, "clock": clock, "tree": OneUnitEach(), "errors": {}, "service": "notes"}
    with serving([Hot()], **around) as server, server.channel(server.issuer.token("*")) as channel:
        caller = org_units_pb2_grpc.OrgUnitServiceStub(channel)
        for _ in range(2):
            calls = [caller.ListOrgUnits.future(LIST) for _ in range(THREADS)]
            assert [call.exception() for call in calls] == [None] * THREADS
            end_connections(database.engine.url.database)


@pytest.mark.usefixtures("partitions")
def test_a_write_whose_connection_ends_is_unavailable_and_done_once_by_its_key(stub, notes, database):
    key = [("idempotency-key", "k1")]
    notes.gate.clear()
    caller = stub("*")
    first = caller.CreateOrgUnit.future(new(), metadata=key)
    assert notes.entered.wait(5)
    end_connections(database.engine.url.database)
    notes.gate.set()
    assert first.exception().code() is grpc.StatusCode.UNAVAILABLE
    for _ in range(2):
        assert caller.CreateOrgUnit(new(), metadata=key).code == "a"
    assert rows(database) == 1


def test_a_database_that_only_reads_is_unavailable_and_no_server_error(test_database, database, stub):
    owner = Database(test_database.owner_url, "test")
    with owner.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    owner.close()
    database.engine.dispose()
    code, reason, _, _ = refusal(lambda: stub("*").CreateOrgUnit(new()))
    assert (code, reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")


def test_a_servicer_that_lacks_a_method_does_not_start(database, clock):
    class Half:
        contract = Notes.contract

    with (
        pytest.raises(AttributeError, match="get_org_unit"),
        serving([Half()], database=database, clock=clock, tree=OneUnitEach(), errors={}, service="notes"),
    ):
        pass


def test_two_servers_never_share_a_port(server, database, clock, notes):
    edge = Edge(
        service="notes",
        database=database,
        clock=clock,
        verifier=server.issuer.verifier(),
        tree=OneUnitEach(),
        metrics=server.metrics,
        errors=ERRORS,
    )
    with pytest.raises(RuntimeError, match="bind"):
        Server(server.target, edge, [notes])
