"""The months that still have no review, for everybody who may make one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from chassis.server import Call
from chassis.work import Place, Waiting, Words

from gateway.identity.audit_reviews import store
from gateway.identity.audit_reviews.rules import due_at, month_before, month_of
from gateway.identity.org_units import store as org_units

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ToReview:
    """R173: a month that was reminded of waits until the top unit has a review of it."""

    review_day: int
    kind = "auditReviews.create"
    collection = "orgUnits"
    title = Words("Review the use records of {month}", "审核 {month} 的系统使用记录")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        top = store.top_unit(call.connection, org_units.in_scope(call.reach(self.kind), ""))
        if top is None or (after and after.due is None):
            return []
        behind = (after.due, after.id) if after and after.due else (_BEGINNING, top)
        # the month of the place, and the one before by a calendar behind that of Shanghai, are left out again
        rows = store.unreviewed(call.connection, top, month_before(behind[0].date()).start, limit + 2)
        found = [
            Waiting(top, row.reminded_at, self._due(row.month), {"month": f"{row.month:%Y-%m}"})
            for row in rows
            if (self._due(row.month), top) > behind
        ]
        return found[:limit]

    def _due(self, month: date) -> datetime:
        return due_at(month_of(month), self.review_day)
