"""What the refusals of work policies mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from directory import UnitClosed
from visit.work_policies.rules import PolicyExists, PolicyInThePast

ERRORS: ErrorTable = {
    UnitClosed: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "UNIT_CLOSED",
        "The unit was merged into another and takes nothing any more.",
        "该组织单元已并入其他单元,不能再使用。",
    ),
    PolicyInThePast: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "POLICY_IN_THE_PAST",
        "A policy begins today or later; days that have passed keep theirs.",
        "制度的生效日期不能早于今天。",
    ),
    PolicyExists: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "POLICY_EXISTS",
        "The unit has a policy from that day on already.",
        "该单位在此日期已有制度。",
    ),
}
