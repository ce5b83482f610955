"""Attendance days between protobuf and rows."""

from datetime import UTC
from typing import Any

from chassis.server import Call
from journeyman.visit.v1 import attendance_pb2 as pb
from sqlalchemy import Row

from visit.attendance.store import Punch
from visit.positions import Fix, fill, optional_fix


def punch_of(request: pb.ClockInRequest | pb.ClockOutRequest, call: Call) -> Punch:
    """Return what the phone sent. Raises InvalidFields."""
    captured = request.HasField("captured_time")
    return Punch(
        user_id=call.caller.subject,
        unit_id=call.caller.unit_id,
        at=call.now,
        captured_at=request.captured_time.ToDatetime(UTC) if captured else None,
        device_id=call.caller.device_id or request.device_id,
        fix=optional_fix(request, "position"),
    )


def render(row: Row[Any]) -> pb.AttendanceDay:
    day = pb.AttendanceDay(
        id=row.id,
        user_id=row.user_id,
        unit_id=row.unit_id,
        work_date=row.work_date.isoformat(),
        clock_in_result=pb.AttendanceDay.ClockInResult.Value(f"CLOCK_IN_RESULT_{row.clock_in_result}"),
    )
    day.clock_in_time.FromDatetime(row.clock_in_at)
    if row.clock_in_latitude is not None:
        fix = Fix(row.clock_in_latitude, row.clock_in_longitude, row.clock_in_accuracy_meters)
        fill(day.clock_in_position, fix)
    if row.clock_out_at is not None:
        _render_end(row, day)
    return day


def _render_end(row: Row[Any], day: pb.AttendanceDay) -> None:
    day.clock_out_time.FromDatetime(row.clock_out_at)
    day.clock_out_result = pb.AttendanceDay.ClockOutResult.Value(f"CLOCK_OUT_RESULT_{row.clock_out_result}")
    if row.clock_out_latitude is not None:
        fix = Fix(row.clock_out_latitude, row.clock_out_longitude, row.clock_out_accuracy_meters)
        fill(day.clock_out_position, fix)
