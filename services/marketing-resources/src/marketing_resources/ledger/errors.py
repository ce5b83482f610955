"""What the refusals of the ledger mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from marketing_resources.ledger.rules import BudgetExceeded

ERRORS: ErrorTable = {
    BudgetExceeded: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "BUDGET_EXCEEDED",
        "Budget {budget_id} has {available} available, and {wanted} is asked of it.",
        "预算 {budget_id} 可用金额为 {available},申请金额为 {wanted}。",
    ),
}
