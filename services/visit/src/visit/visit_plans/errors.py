"""What the refusals of visit plans mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from visit.visit_plans.rules import (
    PlanEmpty,
    PlanExists,
    PlanLocked,
    PlanNotSubmitted,
    StopBegun,
    WeekPassed,
)

_S = grpc.StatusCode
ERRORS: ErrorTable = {
    PlanExists: ErrorKind(
        _S.ALREADY_EXISTS, "PLAN_EXISTS", "You have a plan for that week.", "您在该周已有拜访计划。"
    ),
    WeekPassed: ErrorKind(
        _S.FAILED_PRECONDITION, "WEEK_PASSED", "That week is over.", "该周已过,不能再制定计划。"
    ),
    PlanLocked: ErrorKind(
        _S.FAILED_PRECONDITION,
        "PLAN_LOCKED",
        "The plan is submitted; amend it, with a reason.",
        "计划已提交并锁定,如需变更请说明原因。",
    ),
    PlanEmpty: ErrorKind(
        _S.FAILED_PRECONDITION,
        "PLAN_EMPTY",
        "A plan without stops cannot be submitted.",
        "计划中没有拜访客户,不能提交。",
    ),
    PlanNotSubmitted: ErrorKind(
        _S.FAILED_PRECONDITION,
        "PLAN_NOT_SUBMITTED",
        "The plan is a draft; change it without a reason.",
        "计划尚未提交,可直接修改。",
    ),
    StopBegun: ErrorKind(
        _S.FAILED_PRECONDITION,
        "STOP_BEGUN",
        "The stop at customer {customer_id} on {visit_date} has begun or its day has passed.",
        "客户 {customer_id} 在 {visit_date} 的拜访已开始或日期已过,不能变更。",
    ),
}
