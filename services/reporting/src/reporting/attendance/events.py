"""Keeps the read model of attendance current from visit's events."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.events import Received, store_newer
from google.protobuf.message import Message
from journeyman.visit.v1 import events_pb2
from sqlalchemy import Connection

from reporting.attendance.tables import attendance_days


def apply(connection: Connection, received: Sequence[Received[Message]]) -> None:
    """Take over attendance days; what is older than the copy is ignored."""
    store_newer(
        connection,
        attendance_days,
        [
            _attendance_day(item.data, item.event.aggregate_version)
            for item in received
            if isinstance(item.data, events_pb2.AttendanceDayRecorded)
        ],
    )


def _attendance_day(day: events_pb2.AttendanceDayRecorded, version: int) -> dict[str, Any]:
    return {
        "id": day.attendance_day_id,
        "version": version,
        "user_id": day.user_id,
        "unit_id": day.unit_id,
        "work_date": date.fromisoformat(day.work_date),
        "clock_in_result": day.clock_in_result,
        "clock_out_result": day.clock_out_result,
    }
