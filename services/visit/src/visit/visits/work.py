"""Visits as open work: the one that the caller is in the middle of."""

from collections.abc import Sequence
from datetime import datetime

from chassis.calendar import BUSINESS_ZONE
from chassis.server import Call
from chassis.work import Place, Waiting, Words, behind
from sqlalchemy import select

from visit.visits.rules import VisitState
from visit.visits.tables import visits


class InProgress:
    """The visit that the caller has checked in to and not completed."""

    kind = "visits.complete"
    collection = "visits"
    title = Words("Complete the visit begun on {begun}", "完成{begun}开始的拜访")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        query = select(visits.c.id, visits.c.checked_in_at).where(
            visits.c.user_id == call.caller.subject,
            visits.c.state == VisitState.IN_PROGRESS,
            behind(after, None, visits.c.id),
        )
        rows = call.connection.execute(query.order_by(visits.c.id).limit(limit))
        return [
            Waiting(row.id, row.checked_in_at, names={"begun": _in_words(row.checked_in_at)}) for row in rows
        ]


def _in_words(instant: datetime) -> str:
    return f"{instant.astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M}"
