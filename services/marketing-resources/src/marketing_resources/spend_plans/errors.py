"""What the refusals of spend plans mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from marketing_resources.spend_plans.rules import (
    BudgetNotFound,
    MonthPassed,
    PlanEmpty,
    PlanNotDraft,
    PlanNotInReview,
)

_S = grpc.StatusCode
ERRORS: ErrorTable = {
    BudgetNotFound: ErrorKind(
        _S.NOT_FOUND, "BUDGET_NOT_FOUND", "There is no budget {budget_id}.", "找不到预算 {budget_id}。"
    ),
    MonthPassed: ErrorKind(
        _S.FAILED_PRECONDITION, "MONTH_PASSED", "That month is over.", "该月份已过,不能再申请。"
    ),
    PlanNotDraft: ErrorKind(
        _S.FAILED_PRECONDITION,
        "PLAN_NOT_DRAFT",
        "The plan is under review or approved. One under review can be withdrawn.",
        "方案正在审批或已批准,不能修改;审批中的方案可以撤回。",
    ),
    PlanEmpty: ErrorKind(
        _S.FAILED_PRECONDITION,
        "PLAN_EMPTY",
        "A plan without items cannot be submitted.",
        "方案没有任何项目,不能提交。",
    ),
    PlanNotInReview: ErrorKind(
        _S.FAILED_PRECONDITION,
        "PLAN_NOT_IN_REVIEW",
        "The plan is not under review.",
        "方案不在审批中。",
    ),
}
