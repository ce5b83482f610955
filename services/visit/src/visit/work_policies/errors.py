"""What the refusals of work policies mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from visit.work_policies.rules import PolicyExists, PolicyInThePast

ERRORS: ErrorTable = {
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
