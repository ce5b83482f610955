"""Answers RuleDocumentService."""

from datetime import date
from typing import Any

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.errors import NotFound, NotPermitted
from chassis.field_masks import changed_fields
from chassis.outbox import Fact
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import rule_documents_pb2 as pb
from sqlalchemy import Row

from gateway.identity.required import demand
from gateway.identity.rule_documents import messages, notices, rules, store
from gateway.identity.rule_documents.rules import State

_READ = "ruleDocuments.read"
_WRITE = "ruleDocuments.write"
_APPROVE = "ruleDocuments.approve"


class RuleDocumentServicer:
    contract = pb.DESCRIPTOR.services_by_name["RuleDocumentService"]

    def create_rule_document(self, request: pb.CreateRuleDocumentRequest, call: Call) -> pb.RuleDocument:
        _demand_whole(call, _WRITE)
        title = messages.stripped(request.rule_document.title, "ruleDocument.title")
        document_id = store.add_document(call.connection, request.rule_document.code, title, call.now)
        call.changed(f"ruleDocuments/{document_id}")
        return messages.document(_document(document_id, call))

    def get_rule_document(self, request: pb.GetRuleDocumentRequest, call: Call) -> pb.RuleDocument:
        row = _document(request.rule_document_id, call)
        if row.current_version_id is None and not _sees_all(call):
            raise NotFound("rule document")
        return messages.document(row)

    def list_rule_documents(
        self, request: pb.ListRuleDocumentsRequest, call: Call
    ) -> pb.ListRuleDocumentsResponse:
        page = page_of(request, keys=1)
        rows, token = store.read_documents(call.connection, page, _today(call), everything=_sees_all(call))
        return pb.ListRuleDocumentsResponse(
            rule_documents=map(messages.document, rows), next_page_token=token
        )

    def create_rule_document_version(
        self, request: pb.CreateRuleDocumentVersionRequest, call: Call
    ) -> pb.RuleDocumentVersion:
        demand(request.version, "effective_date", "change_note", inside="version")
        values = messages.values_of(request.version, messages.CHANGEABLE)
        messages.demand_readable(values["text"], values["link"])
        if not store.lock_document(call.connection, request.rule_document_id):
            raise NotFound("rule document")
        _demand_whole(call, _WRITE)
        authored = {**values, "author_id": call.caller.subject}
        row = store.add(call.connection, request.rule_document_id, authored, call.now)
        return _told(row, call)

    def get_rule_document_version(
        self, request: pb.GetRuleDocumentVersionRequest, call: Call
    ) -> pb.RuleDocumentVersion:
        seen = store.seen_by(_today(call), everything=_sees_all(call))
        row = store.find(call.connection, request.rule_document_id, request.version_id, seen)
        if row is None:
            raise NotFound("rule document version")
        return _rendered(row, call)

    def list_rule_document_versions(
        self, request: pb.ListRuleDocumentVersionsRequest, call: Call
    ) -> pb.ListRuleDocumentVersionsResponse:
        page, today = page_of(request, keys=1), _today(call)
        seen = store.seen_by(today, everything=_sees_all(call))
        rows = store.read_page(call.connection, request.rule_document_id, page, seen)
        current = store.current_id(call.connection, request.rule_document_id, today)
        shown, token = page.cut(rows, lambda row: (row.number,))
        return pb.ListRuleDocumentVersionsResponse(
            versions=[messages.version(row, today, current) for row in shown], next_page_token=token
        )

    def update_rule_document_version(
        self, request: pb.UpdateRuleDocumentVersionRequest, call: Call
    ) -> pb.RuleDocumentVersion:
        given = request.version
        demand(given, "id", inside="version")
        fields = changed_fields(request.update_mask, given, mutable=messages.CHANGEABLE)
        values = messages.values_of(given, fields)
        row = _locked(request.rule_document_id, given.id, _WRITE, call)
        call.demand_etag(given.etag, row.version)
        rules.demand_draft(State(row.state))
        messages.demand_readable(values.get("text", row.text), values.get("link", row.link))
        return _changed(row, {**values, "author_id": call.caller.subject}, call)

    def submit_rule_document_version(
        self, request: pb.SubmitRuleDocumentVersionRequest, call: Call
    ) -> pb.RuleDocumentVersion:
        row = _locked(request.rule_document_id, request.version_id, _WRITE, call)
        rules.demand_draft(State(row.state))
        values = {"state": State.SUBMITTED, "submitted_at": call.now, "comment": ""}
        submitted = store.change(call.connection, row.id, values, call.now)
        code = _document(row.document_id, call).code
        return _told(submitted, call, notices.submitted(submitted, code, call.caller.unit_id))

    def approve_rule_document_version(
        self, request: pb.ApproveRuleDocumentVersionRequest, call: Call
    ) -> pb.RuleDocumentVersion:
        row = _to_sign(request.rule_document_id, request.version_id, call)
        latest = store.latest_signed(call.connection, row.document_id)
        rules.demand_effective_date(row.effective_date, _today(call), latest)
        approved = _decide(row, State.APPROVED, "", call)
        return _told(approved, call, notices.approved(approved, _document(row.document_id, call).code))

    def reject_rule_document_version(
        self, request: pb.RejectRuleDocumentVersionRequest, call: Call
    ) -> pb.RuleDocumentVersion:
        comment = messages.stripped(request.comment, "comment")
        row = _to_sign(request.rule_document_id, request.version_id, call)
        returned = _decide(row, State.DRAFT, comment, call)
        return _told(returned, call, notices.returned(returned, _document(row.document_id, call).code))


def _today(call: Call) -> date:
    return local_date(call.now)


def _sees_all(call: Call) -> bool:
    return call.reach(_READ).everything


def _demand_whole(call: Call, permission: str) -> None:
    """Raise PersonRequired or NotPermitted unless a person holds the permission for every row."""
    demand_person(call.caller)
    if not call.scope.everything:
        raise NotPermitted(permission)


def _document(document_id: str, call: Call) -> "Row[Any]":
    row = store.find_document(call.connection, document_id, _today(call))
    if row is None:
        raise NotFound("rule document")
    return row


def _locked(document_id: str, version_id: str, permission: str, call: Call) -> "Row[Any]":
    """Return the version, locked. Raises NotFound, NotPermitted, PersonRequired."""
    row = store.lock(call.connection, document_id, version_id)
    if row is None:
        raise NotFound("rule document version")
    _demand_whole(call, permission)
    return row


def _to_sign(document_id: str, version_id: str, call: Call) -> "Row[Any]":
    """Return the version, locked, that the caller may sign or return."""
    row = _locked(document_id, version_id, _APPROVE, call)
    rules.demand_signable(State(row.state), row.author_id, call.caller.subject)
    return row


def _decide(row: "Row[Any]", state: State, comment: str, call: Call) -> "Row[Any]":
    values = {
        "state": state,
        "comment": comment,
        "authoriser_id": call.caller.subject,
        "decided_at": call.now,
    }
    return store.change(call.connection, row.id, values, call.now)


def _changed(row: "Row[Any]", values: dict[str, Any], call: Call) -> pb.RuleDocumentVersion:
    return _told(store.change(call.connection, row.id, values, call.now), call)


def _told(row: "Row[Any]", call: Call, *facts: Fact) -> pb.RuleDocumentVersion:
    for fact in facts:
        call.publish(fact)
    call.changed(f"ruleDocuments/{row.document_id}/versions/{row.id}")
    return _rendered(row, call)


def _rendered(row: "Row[Any]", call: Call) -> pb.RuleDocumentVersion:
    today = _today(call)
    return messages.version(row, today, store.current_id(call.connection, row.document_id, today))
