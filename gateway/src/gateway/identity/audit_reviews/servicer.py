"""Answers AuditReviewService."""

from datetime import date

from chassis.access import UnitTree
from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.dates import optional_date
from chassis.errors import FieldProblem, InvalidFields, NotFound
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import audit_reviews_pb2 as pb

from gateway.identity.audit_reviews import messages, store
from gateway.identity.audit_reviews.rules import Period, PeriodInverted, reviewed_period
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.rules import UnitNotFound


class AuditReviewServicer:
    contract = pb.DESCRIPTOR.services_by_name["AuditReviewService"]

    def __init__(self, tree: UnitTree) -> None:
        self._tree = tree

    def get_audit_review(self, request: pb.GetAuditReviewRequest, call: Call) -> pb.AuditReview:
        row = store.find(call.connection, request.audit_review_id, call.scope)
        if row is None:
            raise NotFound("audit review")
        return messages.message(row)

    def list_audit_reviews(
        self, request: pb.ListAuditReviewsRequest, call: Call
    ) -> pb.ListAuditReviewsResponse:
        page = page_of(request, keys=1)
        rows, token = store.list_page(call.connection, call.scope, page, request.unit_id)
        return pb.ListAuditReviewsResponse(audit_reviews=map(messages.message, rows), next_page_token=token)

    def create_audit_review(self, request: pb.CreateAuditReviewRequest, call: Call) -> pb.AuditReview:
        demand_person(call.caller)
        unit_id = request.unit_id.lower()
        period = _period(request, local_date(call.now))
        units = self._tree.subtree(unit_id)
        visible = org_units.in_scope(call.scope, "")
        if org_units.find(call.connection, unit_id, visible) is None:
            raise UnitNotFound
        values = {
            "unit_id": unit_id,
            "period_start": period.start,
            "period_end": period.end,
            "findings": request.findings,
            "entry_count": store.count_entries(call.connection, period, units, unit_id=unit_id),
            "reviewer_id": call.caller.subject,
        }
        row = store.add(call.connection, values, call.now)
        call.changed(f"auditReviews/{row.id}")
        return messages.message(row)


def _period(request: pb.CreateAuditReviewRequest, today: date) -> Period:
    start = optional_date(request.period_start_date, "periodStartDate")
    end = optional_date(request.period_end_date, "periodEndDate")
    try:
        return reviewed_period(start, end, today)
    except PeriodInverted:
        words = "the period ends before it begins", "结束日期早于开始日期"
        raise InvalidFields(FieldProblem("periodEndDate", "PERIOD_INVERTED", *words)) from None
