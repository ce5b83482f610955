"""What the errors of units mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.org_units.rules import UnitCodeTaken, UnitNotFound

ERRORS: ErrorTable = {
    UnitNotFound: ErrorKind(
        grpc.StatusCode.NOT_FOUND, "UNIT_NOT_FOUND", "There is no such unit.", "找不到该组织单元。"
    ),
    UnitCodeTaken: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "UNIT_CODE_TAKEN",
        "Another unit has the code {code}.",
        "编码 {code} 已被其他组织单元使用。",
    ),
}
