"""What the errors of reviews mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.audit_reviews.rules import ReviewPeriodOpen

ERRORS: ErrorTable = {
    ReviewPeriodOpen: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "REVIEW_PERIOD_OPEN",
        "The period is not over yet: more records of it may come.",
        "该期间尚未结束,仍可能产生新的使用记录。",
    ),
}
