"""What the audit log keeps, and who sees what of it."""

from datetime import UTC, datetime, timedelta

import pytest
from chassis.pagination import page_of
from gateway.identity.audit_log import events
from google.protobuf.timestamp_pb2 import Timestamp
from journeyman.identity.v1 import audit_log_pb2 as pb
from journeyman.identity.v1 import org_units_pb2, org_units_pb2_grpc
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

MARCH = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def stamp(at):
    message = Timestamp()
    message.FromDatetime(at)
    return message


@pytest.fixture
def people(identity):
    """Somebody of Shanghai and somebody of Hangzhou, as callers of entries."""

    def caller(username):
        user = identity.user(username)
        return {"caller": user.id, "caller_unit_id": user.unit_id}

    return caller("shanghai.rep1"), caller("hangzhou.rep1")


def test_a_write_of_identity_itself_leaves_its_entry_sealed(identity, log, admin):
    stub = identity.stub(org_units_pb2_grpc.OrgUnitServiceStub, admin)
    top = identity.unit_id("hq-group")
    unit = org_units_pb2.OrgUnit(parent_id=top, kind=org_units_pb2.OrgUnit.KIND_DISTRICT)
    unit.code = unit.display_name = "suzhou"
    made = stub.CreateOrgUnit(
        org_units_pb2.CreateOrgUnitRequest(org_unit=unit), metadata=[("x-request-id", "r-7")]
    )
    log.take_own()
    (entry,) = log.list(admin, resource=f"orgUnits/{made.id}")
    assert entry.method == "journeyman.identity.v1.OrgUnitService/CreateOrgUnit"
    assert (entry.service, entry.caller_username, entry.request_id) == ("identity", "admin", "r-7")
    assert entry.caller_unit_id == top
    assert entry.position > 0
    assert len(entry.hash) == 64
    assert log.stub(admin).GetAuditEntry(pb.GetAuditEntryRequest(audit_entry_id=entry.id)) == entry


def test_who_signed_in_is_named_though_the_call_was_anybody_s(identity, log, admin):
    user = identity.user("shanghai.rep1")
    log.take_own()
    (entry, *_) = log.list(admin, collection="sessions", caller=user.id)
    assert entry.method == "journeyman.identity.v1.SessionService/Login"
    assert (entry.caller_username, entry.caller_unit_id) == ("shanghai.rep1", user.unit_id)


def test_an_event_that_comes_again_is_one_entry(log, admin):
    received = [log._received({"resource": "customers/1"}, MARCH, "customer")]
    log.apply(received)
    log.apply(received * 2)
    log.sealer.run()
    log.apply(received)
    log.sealer.run()
    assert len(log.list(admin, service="customer")) == 1
    assert log.verify(admin) == ([], 1)


def test_entries_are_listed_newest_first_page_by_page(log, admin):
    for minute in range(5):
        log.write({"resource": f"customers/{minute}"}, at=MARCH + timedelta(minutes=minute))
    found, token = [], ""
    while True:
        request = pb.ListAuditEntriesRequest(page_size=2, page_token=token, collection="customers")
        answer = log.stub(admin).ListAuditEntries(request)
        found += [entry.resource for entry in answer.audit_entries]
        token = answer.next_page_token
        if not token:
            break
    assert found == [f"customers/{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"caller": "somebody"},
        {"resource": "visits/7"},
        {"collection": "visits"},
        {"method": "journeyman.visit.v1.VisitService/OpenVisit"},
        {"service": "visit"},
        {"request_id": "r-1"},
        {"from_time": stamp(MARCH)},
        {"to_time": stamp(MARCH - timedelta(days=1))},
    ],
    ids=lambda wanted: next(iter(wanted)),
)
def test_a_filter_finds_what_it_names_and_nothing_else(log, admin, wanted):
    method = "journeyman.visit.v1.VisitService/OpenVisit"
    fields = {"caller": "somebody", "resource": "visits/7", "method": method, "request_id": "r-1"}
    when = MARCH - timedelta(days=2) if "to_time" in wanted else MARCH
    (one,) = log.write(fields, at=when, service="visit")
    log.write({"resource": "customers/7"}, at=MARCH - timedelta(seconds=1))
    bounds = {"from_time": stamp(MARCH - timedelta(days=9)), "to_time": stamp(MARCH + timedelta(days=9))}
    assert [entry.id for entry in log.list(admin, **(bounds | wanted))] == [one]


def test_a_section_s_administrator_sees_what_the_section_s_people_did(log, admin, people):
    shanghai, hangzhou = people
    log.write(*people, {"caller": "finance-erp"})
    token = log.grant("east.manager", "section_admin", "shanghai")
    assert {entry.caller for entry in log.list(token, service="customer")} == {shanghai["caller"]}
    assert log.list(token, caller=hangzhou["caller"]) == []
    assert len(log.list(admin, service="customer")) == 3
    assert [entry.caller for entry in log.list(admin, unit_id=hangzhou["caller_unit_id"])] == [
        hangzhou["caller"]
    ]


def test_an_entry_out_of_scope_is_not_found(log, people, refused):
    _, hangzhou = people
    (foreign,) = log.write(hangzhou)
    token = log.grant("shanghai.manager", "auditor", "shanghai")
    with refused() as refusal:
        log.stub(token).GetAuditEntry(pb.GetAuditEntryRequest(audit_entry_id=foreign))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "NOT_FOUND")


def test_who_may_not_read_the_log_is_refused(identity, log, refused):
    with refused() as refusal:
        log.list(identity.token("shanghai.rep1"))
    assert refusal.code == "PERMISSION_DENIED"


def test_a_time_that_cannot_be_kept_is_named(log, admin, refused):
    with refused() as refusal:
        log.list(admin, from_time=Timestamp(seconds=10**15))
    assert refusal.fields == ["fromTime"]


@pytest.mark.parametrize("key", [["x", "y"], ["2026-03-02T00:00:00", "0" * 32], [1, 2]])
def test_a_forged_page_token_is_refused(log, admin, refused, key):

    token = page_of(pb.ListAuditEntriesRequest()).token(tuple(key))
    with refused() as refusal:
        log.list(admin, page_token=token)
    assert refusal.fields == ["pageToken"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET caller = 'x'",
        "DELETE FROM audit_log",
        "UPDATE audit_log_20260301 SET caller = 'x'",
        "DELETE FROM audit_log_20260301",
        "TRUNCATE audit_log_20260301",
        "UPDATE audit_seals SET hash = ''",
        "DELETE FROM audit_reviews",
        "SELECT drop_partitions('audit_log', '2027-01-01')",
        "SELECT drop_audit_log_before('2027-01-01')",
        "INSERT INTO audit_retention VALUES (now(), now())",
    ],
)
@pytest.mark.rule("R211")
def test_identity_itself_cannot_change_or_remove_an_entry_R211(log, statement):
    log.write({})
    with pytest.raises(DBAPIError), log.identity.database.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log_20260301 SET caller = 'x'", "TRUNCATE audit_log_20260301", "TRUNCATE audit_log"],
)
def test_nor_can_the_owner_of_the_database(log, statement):
    log.write({})
    with log.owner() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(statement)


def test_months_are_made_ahead_and_for_what_comes_late(log, identity):
    events.make_months(identity.database, datetime(2026, 11, 22, tzinfo=UTC).date())
    log.write({}, at=datetime(2019, 5, 1, tzinfo=UTC))
    made = identity.value(
        "SELECT string_agg(inhrelid::regclass::text, ',' ORDER BY inhrelid::regclass::text) FROM pg_inherits"
        " WHERE inhparent = 'audit_log'::regclass"
    )
    names = [f"audit_log_{month}" for month in ("20190501", "20261101", "20261201", "20270101")]
    assert made.split(",") == names
