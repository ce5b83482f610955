"""Who may decide. Pure."""

from collections.abc import Collection
from enum import StrEnum

from marketing_resources.spend_plans.rules import Step

DUTIES = {
    Step.MARKETING_CENTRE: "spendPlans.reviewForMarketingCentre",
    Step.MARKET_DEPARTMENT: "spendPlans.reviewForMarketDepartment",
    Step.FINANCE: "spendPlans.auditFees",
}


class State(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class NotYourDuty(Exception):
    """The caller does not hold the permission of the step for the plan's unit."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class OwnPlan(Exception):
    """Nobody decides on a plan of their own (R044)."""


class DecidedBefore(Exception):
    """One person decides one step of a submission: three duties are three people."""


class TaskClosed(Exception):
    """The task has been decided, or its plan was withdrawn."""


def demand_decider(decider: str, applicant: str, decided_before: Collection[str]) -> None:
    """Raise OwnPlan or DecidedBefore unless the decider may decide for this applicant.

    `decided_before` holds who decided the other steps of the same submission.
    """
    if decider == applicant:
        raise OwnPlan
    if decider in decided_before:
        raise DecidedBefore
