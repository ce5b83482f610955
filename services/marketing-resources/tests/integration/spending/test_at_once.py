"""What happens when many do it at the same moment."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import pytest
from grpc import StatusCode
from journeyman.marketing.v1 import approvals_pb2 as tasks_pb
from journeyman.marketing.v1 import events_pb2
from journeyman.marketing.v1.spend_plans_pb2 import SpendPlan
from marketing_resources.ledger.rules import Kind, Movement
from marketing_resources.ledger.store import post

STEP = tasks_pb.ApprovalTask.Step


@pytest.fixture
def at_once(world, outcome):
    """Return the outcomes of calls, each made by a thread of its own, all let go together."""
    with ExitStack() as opened:  # otherwise the first call is over while the others still connect
        for _ in range(world.database.pool_size):
            opened.enter_context(world.database.reading())

    def run(calls):
        start = threading.Barrier(len(calls))

        def one(call):
            start.wait()
            return outcome(call)

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    return run


def reason(outcome):
    """Return why a call was refused; empty when it was not."""
    return getattr(outcome, "reason", "")


@pytest.fixture
def planner(world):
    return world.planner()


def test_of_200_submissions_with_room_for_one_one_wins_and_nothing_is_overspent(world, an_item, at_once):
    budget = world.budget(150)
    planners = [world.planner() for _ in range(8)]
    submissions = [
        partial(planner.submit, planner.draft(an_item(budget, 100)))
        for planner in planners
        for _ in range(200 // len(planners))
    ]
    lost = [found for found in at_once(submissions) if not isinstance(found, SpendPlan)]
    assert Counter((found.status, found.reason) for found in lost) == {
        (StatusCode.FAILED_PRECONDITION, "BUDGET_EXCEEDED"): 199
    }
    assert all(word in found.words for found in lost for word in (budget, "0.50 CNY", "1.00 CNY"))
    assert world.balances(budget) == (50, 100, 0, 0)
    assert world.moves(budget) == [("GRANT", 150), ("RESERVE", 100)]
    reader = world.caller("*.read")
    states = Counter(plan.state for plan in reader.list_plans(page_size=200).spend_plans)
    assert states == {SpendPlan.STATE_IN_REVIEW: 1, SpendPlan.STATE_DRAFT: 199}
    assert len(reader.list_tasks().approval_tasks) == 1


def test_plans_that_want_the_same_budgets_in_another_order_do_not_wait_in_a_circle(world, an_item, at_once):
    budgets = [world.budget(10_000), world.budget(10_000)]
    submissions = []
    for number in range(16):
        planner = world.planner()
        wanted = budgets if number % 2 else reversed(budgets)
        submissions.append(
            partial(planner.submit, planner.draft(*(an_item(budget, 10) for budget in wanted)))
        )
    assert {reason(found) for found in at_once(submissions)} == {""}
    assert [world.balances(budget) for budget in budgets] == [(9_840, 160, 0, 0)] * 2


def test_a_draft_does_not_wait_for_a_posting_on_its_budget(world, planner, an_item):
    budget = world.budget(1_000)
    grant = Movement(kind=Kind.GRANT, budget_id=budget, amount=1)
    with world.database.begin() as posting:
        post(posting, [grant], subject="somebody", at=world.clock.now())
        assert planner.draft(an_item(budget, 10)).state == SpendPlan.STATE_DRAFT


def test_one_plan_submitted_many_times_at_once_reserves_once(world, planner, an_item, at_once):
    budget = world.budget(1_000)
    plan = planner.draft(an_item(budget, 10))
    outcomes = at_once([partial(planner.submit, plan)] * 16)
    assert Counter(map(reason, outcomes)) == {"": 1, "PLAN_NOT_DRAFT": 15}
    assert world.moves(budget) == [("GRANT", 1_000), ("RESERVE", 10)]


def test_a_draft_changed_and_submitted_at_once_reserves_what_it_says(world, planner, an_item, at_once):
    budget = world.budget(10_000)
    for _ in range(10):
        plan = planner.draft(an_item(budget, 100))
        before = world.balances(budget)[1]
        at_once([partial(planner.rewrite, plan, an_item(budget, 700)), partial(planner.submit, plan)])
        kept = planner.plan(plan)
        assert kept.state == SpendPlan.STATE_IN_REVIEW
        assert world.balances(budget)[1] - before == kept.items[0].amount.units * 100


@pytest.mark.parametrize("step", [STEP.STEP_MARKETING_CENTRE, STEP.STEP_FINANCE])
def test_of_two_who_decide_at_once_one_wins(world, planner, an_item, at_once, step):
    budget = world.budget(10_000)
    for _ in range(6):
        plan = planner.submitted(an_item(budget, 100))
        for before in range(STEP.STEP_MARKETING_CENTRE, step):
            world.decider(before).approve(plan)
            plan = planner.plan(plan)
        outcomes = at_once([partial(world.decider(step).approve, plan) for _ in range(2)])
        (lost,) = (found for found in outcomes if not isinstance(found, tasks_pb.ApprovalTask))
        assert (lost.status, lost.reason) == (StatusCode.FAILED_PRECONDITION, "TASK_CLOSED")
    committed = 600 if step == STEP.STEP_FINANCE else 0
    assert world.balances(budget) == (9_400, 600 - committed, committed, 0)
    assert len(planner.list_disbursements().disbursements) == committed // 100


def test_a_withdrawal_and_an_approval_at_once_have_one_winner(world, planner, an_item, at_once):
    budget = world.budget(10_000)
    centre, department, finance = world.deciders()
    committed = 0
    for _ in range(10):
        plan = planner.submitted(an_item(budget, 100))
        centre.approve(plan)
        department.approve(planner.plan(plan))
        waiting = planner.plan(plan)
        outcomes = at_once([partial(planner.withdraw, waiting), partial(finance.approve, waiting)])
        reasons = tuple(map(reason, outcomes))
        assert reasons in {("", "TASK_CLOSED"), ("PLAN_NOT_IN_REVIEW", "")}
        committed += 100 if reasons[1] == "" else 0
    assert world.balances(budget) == (10_000 - committed, 0, committed, 0)


def test_a_payment_confirmed_twenty_times_at_once_is_booked_once(world, at_once):
    budget = world.budget(1_000)
    due, erp = world.disbursement(budget, 700), world.finance_system()
    answers = at_once([partial(erp.confirm, due, external_id="PAY-1")] * 20)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].external_id == "PAY-1"
    assert world.balances(budget) == (300, 0, 0, 700)
    assert len(world.facts("marketing.disbursement.paid", events_pb2.DisbursementPaid)) == 1


def test_an_external_id_used_for_two_disbursements_at_once_pays_one(world, at_once):
    budget = world.budget(10_000)
    erp = world.finance_system()
    for number in range(6):
        dues = [world.disbursement(budget, 100), world.disbursement(budget, 100)]
        outcomes = at_once([partial(erp.confirm, due, external_id=f"PAY-{number}") for due in dues])
        assert sorted(map(reason, outcomes)) == ["", "EXTERNAL_ID_USED"]
    assert world.balances(budget) == (8_800, 0, 600, 600)


def test_a_disbursement_confirmed_under_many_external_ids_at_once_is_paid_once(world, at_once):
    budget = world.budget(10_000)
    erp, due = world.finance_system(), world.disbursement(budget, 100)
    outcomes = at_once([partial(erp.confirm, due, external_id=f"PAY-{number}") for number in range(8)])
    assert Counter(map(reason, outcomes)) == {"": 1, "DISBURSEMENT_PAID": 7}
    assert world.balances(budget) == (9_900, 0, 0, 100)
