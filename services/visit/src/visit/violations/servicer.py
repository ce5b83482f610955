"""Answers ViolationService."""

from typing import Any

from chassis.money import Money, to_proto
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.visit.v1 import violations_pb2 as pb
from sqlalchemy import Row

from visit.violations import store
from visit.violations.rules import Kind


class ViolationServicer:
    contract = pb.DESCRIPTOR.services_by_name["ViolationService"]

    def get_violation(self, request: pb.GetViolationRequest, call: Call) -> pb.Violation:
        return _rendered(store.read(call.connection, request.violation_id, call.scope))

    def list_violations(self, request: pb.ListViolationsRequest, call: Call) -> pb.ListViolationsResponse:
        page = page_of(request)
        rows = store.read_page(call.connection, request, page, call.scope, _kind_of(request))
        shown, token = page.cut(rows, lambda row: (row.work_date.isoformat(), row.id))
        return pb.ListViolationsResponse(violations=map(_rendered, shown), next_page_token=token)


def _kind_of(request: pb.ListViolationsRequest) -> Kind | None:
    if request.kind == pb.Violation.KIND_UNSPECIFIED:
        return None
    return Kind(pb.Violation.Kind.Name(request.kind).removeprefix("KIND_"))


def _rendered(row: Row[Any]) -> pb.Violation:
    violation = pb.Violation(
        id=row.id,
        user_id=row.user_id,
        unit_id=row.unit_id,
        kind=pb.Violation.Kind.Value(f"KIND_{row.kind}"),
        work_date=row.work_date.isoformat(),
        rule_id=row.rule_id,
        work_policy_id=row.work_policy_id or "",
    )
    violation.start_time.FromDatetime(row.started_at)
    violation.end_time.FromDatetime(row.ended_at)
    violation.create_time.FromDatetime(row.created_at)
    if row.fine_currency is not None:
        violation.fine.CopyFrom(to_proto(Money(row.fine_minor_units, row.fine_currency)))
    return violation
