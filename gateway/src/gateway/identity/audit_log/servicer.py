"""Answers AuditService."""

import uuid
from datetime import datetime

from chassis.errors import NotFound
from chassis.jobs import enqueue
from chassis.pagination import page_of
from chassis.sealing import state as state_of
from chassis.server import Call
from journeyman.identity.v1 import audit_log_pb2 as pb

from chassis import operations
from gateway.identity.audit_log import filters, messages, store, verification
from gateway.identity.audit_log.chain import AUDIT_LOG
from gateway.identity.audit_log.export import KIND as EXPORT
from gateway.identity.audit_log.export import Plan
from gateway.identity.audit_log.store import Place
from gateway.identity.audit_log.verification import Cursor


class AuditServicer:
    contract = pb.DESCRIPTOR.services_by_name["AuditService"]

    def __init__(self, service: str) -> None:
        self._service = service

    def get_audit_entry(self, request: pb.GetAuditEntryRequest, call: Call) -> pb.AuditEntry:
        row = store.find(call.connection, request.audit_entry_id, call.scope)
        if row is None:
            raise NotFound("audit entry")
        return messages.entry(row, store.usernames(call.connection, [row]))

    def list_audit_entries(
        self, request: pb.ListAuditEntriesRequest, call: Call
    ) -> pb.ListAuditEntriesResponse:
        page = page_of(request)
        key = page.key(_instant, uuid.UUID)
        before = Place(key[0], str(key[1])) if key else None
        wanted = filters.wanted(request)
        rows = store.newest(call.connection, wanted, call.scope, before, page.size + 1)
        shown = rows[: page.size]
        names = store.usernames(call.connection, shown)
        response = pb.ListAuditEntriesResponse(audit_entries=[messages.entry(row, names) for row in shown])
        if len(rows) > page.size:
            response.next_page_token = page.token((shown[-1].occurred_at.isoformat(), shown[-1].id))
        return response

    def export_audit_log(self, request: pb.ExportAuditLogRequest, call: Call) -> pb.ExportAuditLogResponse:
        wanted = filters.wanted(request.filter, "filter.")
        operation_id = operations.create(call.connection, EXPORT, call.caller.subject, call.now)
        is_workbook = request.format == pb.ExportAuditLogRequest.FORMAT_XLSX
        plan = Plan.of(operation_id, wanted, call.scope, call.now, is_workbook=is_workbook)
        enqueue(call.connection, EXPORT, plan.payload())
        public_id = operations.operation_id(self._service, operation_id)
        call.changed(f"operations/{public_id}", filters.names(wanted))
        return pb.ExportAuditLogResponse(operation_id=public_id)

    def verify_audit_log(self, request: pb.VerifyAuditLogRequest, call: Call) -> pb.VerifyAuditLogResponse:
        page = page_of(request, default=verification.DEFAULT_SIZE, largest=verification.LARGEST_SIZE, keys=1)
        key = page.key(Cursor.parse)
        stretch = verification.prove(call.connection, key[0] if key else Cursor(), page.size)
        state = state_of(call.connection, AUDIT_LOG)
        response = pb.VerifyAuditLogResponse(
            entry_count=stretch.entry_count,
            findings=map(messages.finding, stretch.findings),
            unsealed_count=state.unsealed_count,
            head_position=state.head_position,
            head_hash=state.head_hash.hex(),
        )
        if stretch.following:
            response.next_page_token = page.token((str(stretch.following),))
        return response


def _instant(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError(written)
    return at
