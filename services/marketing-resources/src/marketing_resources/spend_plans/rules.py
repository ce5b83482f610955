"""What becomes of a spend plan. Pure.

A draft is submitted and thereby reserves its money; three duties decide one after the other (A41): each may
reject it, which makes it a draft again; the last approval commits the money.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chassis.money import Money


class State(StrEnum):
    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"


class Step(StrEnum):
    """Whose duty the next decision is, in the order of deciding."""

    MARKETING_CENTRE = "MARKETING_CENTRE"
    MARKET_DEPARTMENT = "MARKET_DEPARTMENT"
    FINANCE = "FINANCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    id: str
    budget_id: str
    amount: Money
    purpose: str
    channel: str
    expected_effect: str
    central_purchase: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    id: str
    month_start: date
    title: str
    applicant_id: str
    unit_id: str
    items: tuple[Item, ...]
    state: State = State.DRAFT
    step: Step | None = None
    submission: int = 0
    submitted_at: datetime | None = None
    version: int = 1


class MonthPassed(Exception):
    """The month of the plan is over."""


class PlanNotDraft(Exception):
    """The plan is under review or approved: it stays as it was submitted."""


class PlanEmpty(Exception):
    """A plan without items asks for nothing."""


class PlanNotInReview(Exception):
    """Nothing waits for a decision on the plan."""


def rewrite(plan: Plan, title: str, items: tuple[Item, ...]) -> Plan:
    """Return a draft with another title and other items. Raises PlanNotDraft."""
    if plan.state is not State.DRAFT:
        raise PlanNotDraft
    return replace(plan, title=title, items=items, version=plan.version + 1)


def submit(plan: Plan, at: datetime, today: date) -> Plan:
    """Return the plan under review by the marketing centre (R040).

    Raises PlanNotDraft, PlanEmpty, MonthPassed.
    """
    if plan.state is not State.DRAFT:
        raise PlanNotDraft
    if not plan.items:
        raise PlanEmpty
    demand_current(plan.month_start, today)
    return replace(
        plan,
        state=State.IN_REVIEW,
        step=Step.MARKETING_CENTRE,
        submission=plan.submission + 1,
        submitted_at=at,
        version=plan.version + 1,
    )


def withdraw(plan: Plan) -> Plan:
    """Return the plan as a draft again, at its applicant's wish. Raises PlanNotInReview."""
    return _draft_again(plan)


def reject(plan: Plan) -> Plan:
    """Return the plan as a draft again, after a rejection. Raises PlanNotInReview."""
    return _draft_again(plan)


def approve(plan: Plan) -> Plan:
    """Return the plan at its next step, or approved after the last one. Raises PlanNotInReview."""
    if plan.step is None:
        raise PlanNotInReview
    steps = list(Step)
    following = steps[steps.index(plan.step) + 1 :]
    if following:
        return replace(plan, step=following[0], version=plan.version + 1)
    return replace(plan, state=State.APPROVED, step=None, version=plan.version + 1)


def demand_current(month_start: date, today: date) -> None:
    """Raise MonthPassed when the month is before today's."""
    if month_start < today.replace(day=1):
        raise MonthPassed


def _draft_again(plan: Plan) -> Plan:
    if plan.state is not State.IN_REVIEW:
        raise PlanNotInReview
    return replace(plan, state=State.DRAFT, step=None, version=plan.version + 1)
