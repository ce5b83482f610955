"""The facts of violations."""

from typing import Any

from chassis.outbox import Fact
from journeyman.visit.v1 import events_pb2
from sqlalchemy import Row

RAISED = "journeyman.visit.violation.raised.v1"


def raised(row: Row[Any]) -> Fact:
    """Return the fact that a violation was found."""
    data = events_pb2.ViolationRaised(
        violation_id=row.id,
        user_id=row.user_id,
        unit_id=row.unit_id,
        kind=row.kind,
        work_date=row.work_date.isoformat(),
        fine_minor_units=row.fine_minor_units or 0,
        currency=row.fine_currency or "",
    )
    return Fact(RAISED, row.id, 1, data)
