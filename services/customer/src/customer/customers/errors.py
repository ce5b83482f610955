"""What the errors of customers mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from directory import UnitClosed, UnknownUnit, UnknownUser

ERRORS: ErrorTable = {
    UnknownUnit: ErrorKind(
        grpc.StatusCode.NOT_FOUND,
        "UNIT_NOT_FOUND",
        "There is no such unit in your reach.",
        "找不到该组织单元,或不在您的权限范围内。",
    ),
    UnitClosed: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "UNIT_CLOSED",
        "The unit was merged into another and takes nothing any more.",
        "该组织单元已并入其他单元,不能再使用。",
    ),
    UnknownUser: ErrorKind(
        grpc.StatusCode.NOT_FOUND,
        "USER_NOT_FOUND",
        "There is no such user in your reach.",
        "找不到该用户,或不在您的权限范围内。",
    ),
}
