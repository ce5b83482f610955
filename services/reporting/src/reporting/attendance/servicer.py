"""Answers for the attendance report."""

from typing import Any

from chassis.calendar import local_date
from chassis.server import Call
from journeyman.reporting.v1 import reports_pb2
from sqlalchemy import Row

from reporting.attendance.rules import workdays
from reporting.attendance.store import attendance_rows
from reporting.feeds import IDENTITY, VISIT
from reporting.freshness.store import freshness
from reporting.periods import period_of
from reporting.rows import rows_of, user_of
from reporting.rules import ratio


class AttendanceReports:
    """The method of ReportService that speaks of attendance."""

    def get_attendance_report(
        self, request: reports_pb2.GetAttendanceReportRequest, call: Call
    ) -> reports_pb2.AttendanceReport:
        period, rows = period_of(request), rows_of(request, call)
        days = workdays(period.first, period.last, local_date(call.now))
        as_of = freshness(call.connection, VISIT, IDENTITY)
        shown, next_page = rows.cut(attendance_rows(call.connection, rows, days))
        return reports_pb2.AttendanceReport(
            rows=map(_attendance_row, shown), next_page_token=next_page, as_of=as_of
        )


def _attendance_row(row: Row[Any]) -> reports_pb2.AttendanceReport.Row:
    return reports_pb2.AttendanceReport.Row(
        unit_id=row.unit_id,
        user_id=user_of(row),
        workday_count=row.workday_count,
        complete_count=row.complete_count,
        on_time_count=row.on_time_count,
        late_count=row.late_count,
        early_count=row.early_count,
        missing_clock_out_count=row.missing_clock_out_count,
        attendance_rate=ratio(row.on_time_count, row.workday_count),
    )
