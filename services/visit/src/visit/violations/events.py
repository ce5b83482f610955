"""The facts of violations."""

from typing import Any

from chassis.outbox import Fact
from journeyman.visit.v1 import events_pb2
from sqlalchemy import Row

from chassis import notices

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


def told(row: Row[Any]) -> list[Fact]:
    """Tell the person of the violation, and once a day the manager that there are some in the unit."""
    return [
        notices.raised(
            "visit",
            "violations.found",
            recipients=[row.user_id],
            parameters={"date": row.work_date, "kind": row.kind},
            resource=f"violations/{row.id}",
            dedupe_key=f"violations.found/{row.id}",
        ),
        notices.raised(
            "visit",
            "violations.foundInTeam",
            permission="violations.read",
            unit_id=row.unit_id,
            nearest_only=True,
            passed_over=[row.user_id],
            parameters={"unit": row.unit_id, "date": row.work_date},
            resource="violations",
            dedupe_key=f"violations.foundInTeam/{row.unit_id}/{row.work_date}",
        ),
    ]
