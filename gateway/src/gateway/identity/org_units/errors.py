"""What the errors of units mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.org_units.rules import SectionInsideSection, UnitClosed, UnitCodeTaken, UnitNotFound

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
    UnitClosed: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "UNIT_CLOSED",
        "The unit was merged into another and takes nothing any more.",
        "该组织单元已并入其他单元,不能再使用。",
    ),
    SectionInsideSection: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "SECTION_INSIDE_SECTION",
        "A section cannot stand inside another section.",
        "业务板块内不能再设业务板块。",
    ),
}
