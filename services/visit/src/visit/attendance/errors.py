"""What the refusals of attendance mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from visit.attendance.rules import NotClockedIn

ERRORS: ErrorTable = {
    NotClockedIn: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "NOT_CLOCKED_IN",
        "You have not clocked in today.",
        "您今天尚未签到。",
    ),
}
