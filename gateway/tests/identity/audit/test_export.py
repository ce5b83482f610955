"""The audit log as a file."""

from datetime import UTC, datetime, timedelta

import pytest
from chassis.tabular import writing
from chassis.tabular.reading import open_table
from gateway.identity.audit_log import export
from gateway.identity.audit_log.export import KIND
from journeyman.identity.v1 import audit_log_pb2 as pb
from journeyman.operations.v1 import operations_pb2, operations_pb2_grpc
from sqlalchemy import text

MARCH = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CSV, XLSX = pb.ExportAuditLogRequest.FORMAT_CSV, pb.ExportAuditLogRequest.FORMAT_XLSX


@pytest.fixture
def exported(identity, log):
    """Ask for an export, do its job, and return the operation and the rows of the file."""
    job = identity.parts.jobs[KIND]

    def ask(token, format_=CSV, **filters):
        request = pb.ExportAuditLogRequest(filter=pb.AuditFilter(**filters), format=format_)
        operation_id = log.stub(token).ExportAuditLog(request).operation_id
        with identity.database.reading() as connection:
            query = text("SELECT payload FROM job_intents WHERE kind = :kind ORDER BY id DESC LIMIT 1")
            payload = connection.execute(query, {"kind": KIND}).scalar()
        job.run(payload, lambda: None)
        stub = identity.stub(operations_pb2_grpc.OperationsServiceStub, token)
        operation = stub.GetOperation(operations_pb2.GetOperationRequest(operation_id=operation_id))
        return operation, rows(job.files, payload) if operation.result_url else []

    return ask


def rows(files, payload):
    with open_table(files.store.path(export.Plan(**payload).object_key)) as table:
        return [cells for _, cells in table.rows(pytest.fail)]


@pytest.mark.parametrize("format_", [CSV, XLSX])
def test_what_a_filter_names_is_exported_oldest_first(log, admin, exported, format_, monkeypatch):
    monkeypatch.setattr(export, "BATCH_ROWS", 2)
    for minute in range(5):
        log.write({"resource": f"customers/{minute}", "changed_fields": ["name", "phone"]}, at=at(minute))
    log.write({"resource": "visits/1"}, service="visit")
    operation, found = exported(admin, format_, collection="customers")
    assert operation.state == operations_pb2.Operation.STATE_SUCCEEDED
    assert operation.counts["entries"] == len(found) == 5
    assert [row["resource"] for row in found] == [f"customers/{number}" for number in range(5)]
    assert found[0]["changed_fields"] == "name, phone"
    assert found[0]["occur_time"] == at(0).isoformat()
    listed = log.list(admin, collection="customers")
    assert [row["hash"] for row in found] == [entry.hash for entry in reversed(listed)]


def at(minute):
    return MARCH + timedelta(minutes=minute)


def test_an_export_holds_what_its_caller_sees(identity, log, exported):
    for username in ("shanghai.rep1", "hangzhou.rep1"):
        user = identity.user(username)
        log.write({"caller": user.id, "caller_unit_id": user.unit_id})
    token = log.grant("east.manager", "section_admin", "shanghai")
    _, found = exported(token, service="customer")
    assert [row["caller_username"] for row in found] == ["shanghai.rep1"]


def test_the_export_is_an_entry_itself_with_what_it_was_narrowed_by(log, admin, exported):
    operation, _ = exported(admin, service="customer", caller="x")
    log.take_own()
    (entry,) = log.list(admin, resource=f"operations/{operation.id}")
    assert entry.method.endswith("/ExportAuditLog")
    assert list(entry.changed_fields) == ["caller", "service"]


def test_more_entries_than_a_sheet_holds_are_refused_with_a_reason(log, admin, exported, monkeypatch):
    monkeypatch.setattr(writing, "_MOST_SHEET_ROWS", 2)
    log.write({}, {})
    operation, _ = exported(admin, XLSX)
    assert operation.error_reason == "EXPORT_TOO_LONG"
    assert exported(admin, CSV)[0].state == operations_pb2.Operation.STATE_SUCCEEDED


def test_who_may_only_read_exports_nothing(log, identity, refused):
    with refused() as refusal:
        log.stub(identity.token("shanghai.rep1")).ExportAuditLog(pb.ExportAuditLogRequest())
    assert refusal.code == "PERMISSION_DENIED"


def test_an_export_that_is_given_up_says_so(log, admin, identity):
    answer = log.stub(admin).ExportAuditLog(pb.ExportAuditLogRequest())
    payload = identity.value("SELECT payload FROM job_intents WHERE kind = :kind", kind=KIND)
    identity.parts.jobs[KIND].give_up(payload, ValueError())
    stub = identity.stub(operations_pb2_grpc.OperationsServiceStub, admin)
    operation = stub.GetOperation(operations_pb2.GetOperationRequest(operation_id=answer.operation_id))
    assert operation.error_reason == "INTERNAL"
