"""What the errors of moves and merges mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.org_unit_changes.rules import (
    ChangeClosed,
    ChangeScheduled,
    FilerMayNot,
    SectionLeft,
    UnitAlreadyThere,
    UnitCycle,
    UnitIsRoot,
)

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    UnitIsRoot: ErrorKind(
        _S.FAILED_PRECONDITION,
        "UNIT_IS_ROOT",
        "The root of the organisation keeps its place.",
        "组织树的根单元不能调整。",
    ),
    UnitAlreadyThere: ErrorKind(
        _S.FAILED_PRECONDITION,
        "UNIT_ALREADY_THERE",
        "The unit stands below that one already.",
        "该组织单元已在此上级之下。",
    ),
    UnitCycle: ErrorKind(
        _S.FAILED_PRECONDITION,
        "UNIT_CYCLE",
        "A unit goes neither into itself nor below itself.",
        "组织单元不能并入或移到自身及其下级。",
    ),
    SectionLeft: ErrorKind(
        _S.PERMISSION_DENIED,
        "SECTION_LEFT",
        "What leaves its section is distributed by group marketing.",
        "跨版块的分配须由集团公司市场营销部办理。",
    ),
    FilerMayNot: ErrorKind(
        _S.PERMISSION_DENIED,
        "FILER_MAY_NOT",
        "Who filed the change may no longer make it.",
        "提交人已无权办理该调整。",
    ),
    ChangeScheduled: ErrorKind(
        _S.ALREADY_EXISTS,
        "CHANGE_SCHEDULED",
        "A change of this unit waits for its day already. Cancel it first.",
        "该组织单元已有待生效的调整,请先取消。",
    ),
    ChangeClosed: ErrorKind(
        _S.FAILED_PRECONDITION,
        "CHANGE_CLOSED",
        "The change no longer waits for its day.",
        "该调整已不在待生效状态。",
    ),
}
