"""What the refusals of budgets mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from directory import UnitClosed, UnknownUnit
from marketing_resources.budgets.rules import BudgetExists

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
    BudgetExists: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "BUDGET_EXISTS",
        "Fund, class and unit have a budget for that period.",
        "该经费、类别和单位在此期间已有预算。",
    ),
}
