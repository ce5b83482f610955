"""What becomes of a spend plan. Pure.

A draft is submitted and thereby reserves its money; three duties decide one after the other (A41): each may
reject it, which makes it a draft again; the last approval commits the money.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chassis.money import LARGEST, Money

from marketing_resources.ledger.rules import Kind, Movement


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
    created_at: datetime
    updated_at: datetime
    state: State = State.DRAFT
    step: Step | None = None
    submission: int = 0
    submitted_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Budget:
    """What an item has to know of the budget that is to pay for it."""

    unit_id: str
    currency: str
    period_start: date
    period_end: date


class ItemProblemKind(StrEnum):
    OUTSIDE_BUDGET_PERIOD = "OUTSIDE_BUDGET_PERIOD"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    TOO_MUCH_TOGETHER = "TOO_MUCH_TOGETHER"


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """What is wrong with the item at `index` of the list."""

    index: int
    kind: ItemProblemKind


class ItemsRefused(Exception):
    """Some items cannot be paid by their budgets."""

    def __init__(self, problems: Sequence[ItemProblem]) -> None:
        super().__init__(problems)
        self.problems = problems


class BudgetNotFound(Exception):
    """There is no such budget in the caller's scope."""

    def __init__(self, budget_id: str) -> None:
        super().__init__(budget_id)
        self.budget_id = budget_id


class MonthPassed(Exception):
    """The month of the plan is over."""


class PlanNotDraft(Exception):
    """The plan is under review or approved: it stays as it was submitted."""


class PlanEmpty(Exception):
    """A plan without items asks for nothing."""


class PlanNotInReview(Exception):
    """Nothing waits for a decision on the plan."""


def demand_payable(items: Sequence[Item], budgets: Mapping[str, Budget], month_start: date) -> None:
    """Raise ItemsRefused naming every item that its budget cannot pay in the month."""
    if problems := list(_problems(items, budgets, month_start)):
        raise ItemsRefused(problems)


def _problems(
    items: Sequence[Item], budgets: Mapping[str, Budget], month_start: date
) -> Iterator[ItemProblem]:
    wanted = Counter[str]()
    for index, item in enumerate(items):
        budget = budgets[item.budget_id]
        wanted[item.budget_id] += item.amount.minor_units
        if not budget.period_start <= month_start <= budget.period_end:
            yield ItemProblem(index, ItemProblemKind.OUTSIDE_BUDGET_PERIOD)
        if item.amount.currency != budget.currency:
            yield ItemProblem(index, ItemProblemKind.OTHER_CURRENCY)
        if wanted[item.budget_id] > LARGEST:  # the ledger could not even say by how much it is exceeded
            yield ItemProblem(index, ItemProblemKind.TOO_MUCH_TOGETHER)


def movements(plan: Plan, kind: Kind) -> list[Movement]:
    """Return what moves on the budgets when the money of all items moves."""
    return [
        Movement(
            kind=kind,
            budget_id=item.budget_id,
            amount=item.amount.minor_units,
            spend_plan_id=plan.id,
            spend_plan_item_id=item.id,
        )
        for item in plan.items
    ]


def rewrite(plan: Plan, title: str, items: tuple[Item, ...], today: date) -> Plan:
    """Return a draft with another title and other items. Raises PlanNotDraft, MonthPassed."""
    if plan.state is not State.DRAFT:
        raise PlanNotDraft
    demand_current(plan.month_start, today)
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


def hand_over(plan: Plan, applicant_id: str) -> Plan:
    """Return a draft as its new applicant's. Raises PlanNotDraft."""
    if plan.state is not State.DRAFT:
        raise PlanNotDraft
    return replace(plan, applicant_id=applicant_id, version=plan.version + 1)


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
