"""Attendance: one day for each person, clocked in and out by phone."""

from visit.attendance.errors import ERRORS
from visit.attendance.servicer import AttendanceServicer

__all__ = ["ERRORS", "AttendanceServicer"]
