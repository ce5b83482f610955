from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from chassis.money import Money
from marketing_resources.ledger.rules import Kind
from marketing_resources.spend_plans.rules import (
    Budget,
    Item,
    ItemProblem,
    ItemProblemKind,
    ItemsRefused,
    MonthPassed,
    Plan,
    PlanEmpty,
    PlanNotDraft,
    PlanNotInReview,
    State,
    Step,
    approve,
    demand_payable,
    movements,
    reject,
    rewrite,
    submit,
    withdraw,
)

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
MARCH, TODAY = date(2026, 3, 1), date(2026, 3, 10)
BUDGET = Budget("unit", "CNY", MARCH, date(2026, 3, 31))


def item(minor_units=100, *, budget="b", currency="CNY"):
    return Item(
        id=f"item of {minor_units}",
        budget_id=budget,
        amount=Money(minor_units, currency),
        purpose="Ads",
        channel="",
        expected_effect="",
        central_purchase=False,
    )


DRAFT = Plan(
    id="plan",
    month_start=MARCH,
    title="",
    applicant_id="applicant",
    unit_id="unit",
    items=(item(),),
    created_at=NOW,
    updated_at=NOW,
)
SUBMITTED = submit(DRAFT, NOW, TODAY)
APPROVED = approve(approve(approve(SUBMITTED)))


@pytest.mark.rule("R040")
def test_a_submitted_plan_waits_for_the_marketing_centre_R040():
    assert (SUBMITTED.state, SUBMITTED.step) == (State.IN_REVIEW, Step.MARKETING_CENTRE)
    assert (SUBMITTED.submission, SUBMITTED.submitted_at, SUBMITTED.version) == (1, NOW, 2)


@pytest.mark.rule("R043")
@pytest.mark.rule("R042")
def test_market_department_and_finance_follow_and_the_last_approval_ends_the_review_A41_R042_R043():
    second, third = approve(SUBMITTED), approve(approve(SUBMITTED))
    assert (second.step, third.step) == (Step.MARKET_DEPARTMENT, Step.FINANCE)
    assert second.state is third.state is State.IN_REVIEW
    assert (APPROVED.state, APPROVED.step) == (State.APPROVED, None)


@pytest.mark.parametrize("ending", [reject, withdraw])
@pytest.mark.parametrize("approvals", [0, 1, 2])
def test_a_plan_can_go_back_to_its_draft_at_every_step(ending, approvals):
    plan = SUBMITTED
    for _ in range(approvals):
        plan = approve(plan)
    back = ending(plan)
    assert (back.state, back.step, back.items) == (State.DRAFT, None, DRAFT.items)
    assert submit(back, NOW, TODAY).submission == 2


@pytest.mark.parametrize("plan", [DRAFT, APPROVED])
@pytest.mark.parametrize("decide", [approve, reject, withdraw])
def test_what_is_not_under_review_is_not_decided(plan, decide):
    with pytest.raises(PlanNotInReview):
        decide(plan)


@pytest.mark.parametrize("plan", [SUBMITTED, APPROVED])
def test_what_is_no_draft_is_neither_changed_nor_submitted(plan):
    with pytest.raises(PlanNotDraft):
        rewrite(plan, "", (), TODAY)
    with pytest.raises(PlanNotDraft):
        submit(plan, NOW, TODAY)


def test_a_plan_without_items_is_not_submitted():
    with pytest.raises(PlanEmpty):
        submit(replace(DRAFT, items=()), NOW, TODAY)


def test_a_month_can_be_applied_for_until_its_last_day():
    assert submit(DRAFT, NOW, date(2026, 3, 31)).state is State.IN_REVIEW
    for call in (lambda day: submit(DRAFT, NOW, day), lambda day: rewrite(DRAFT, "", (), day)):
        with pytest.raises(MonthPassed):
            call(date(2026, 4, 1))


@pytest.mark.parametrize("step", [rewrite, submit, approve, reject, withdraw])
def test_each_step_is_a_version_of_its_own(step):
    plan = DRAFT if step in {rewrite, submit} else SUBMITTED
    arguments = {rewrite: ("", (), TODAY), submit: (NOW, TODAY)}.get(step, ())
    assert step(plan, *arguments).version == plan.version + 1


def test_the_money_of_each_item_moves_for_itself():
    plan = replace(DRAFT, items=(item(1), item(2, budget="other")))
    moved = movements(plan, Kind.RESERVE)
    assert [(each.budget_id, each.amount, each.spend_plan_item_id) for each in moved] == [
        ("b", 1, "item of 1"),
        ("other", 2, "item of 2"),
    ]
    assert {(each.kind, each.spend_plan_id) for each in moved} == {(Kind.RESERVE, "plan")}


@pytest.mark.parametrize(
    ("month", "fits"),
    [(date(2026, 2, 1), False), (MARCH, True), (date(2026, 4, 1), False)],
)
def test_a_budget_pays_for_the_months_of_its_period(month, fits):
    if fits:
        demand_payable([item()], {"b": BUDGET}, month)
        return
    with pytest.raises(ItemsRefused) as refused:
        demand_payable([item()], {"b": BUDGET}, month)
    assert refused.value.problems == [ItemProblem(0, ItemProblemKind.OUTSIDE_BUDGET_PERIOD)]


def test_every_item_that_cannot_be_paid_is_named():
    most = 2**63 - 1
    items = [item(), item(currency="USD"), item(most)]
    with pytest.raises(ItemsRefused) as refused:
        demand_payable(items, {"b": BUDGET}, MARCH)
    assert refused.value.problems == [
        ItemProblem(1, ItemProblemKind.OTHER_CURRENCY),
        ItemProblem(2, ItemProblemKind.TOO_MUCH_TOGETHER),
    ]
