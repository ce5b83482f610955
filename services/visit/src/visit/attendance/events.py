"""The facts of attendance."""

from typing import Any

from chassis.outbox import Fact
from journeyman.visit.v1 import events_pb2
from sqlalchemy import Row

RECORDED = "journeyman.visit.attendance_day.recorded.v1"


def recorded(row: Row[Any]) -> Fact:
    """Return the fact that a day began or changed."""
    data = events_pb2.AttendanceDayRecorded(
        attendance_day_id=row.id,
        user_id=row.user_id,
        unit_id=row.unit_id,
        work_date=row.work_date.isoformat(),
        clock_in_result=row.clock_in_result,
        clock_out_result=row.clock_out_result or "",
    )
    return Fact(RECORDED, row.id, row.version, data)
