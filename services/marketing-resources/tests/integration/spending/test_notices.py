"""Who is told what about money."""

import pytest
from journeyman.marketing.v1 import approvals_pb2
from journeyman.notices.v1.events_pb2 import NoticeRaised

CENTRE = approvals_pb2.ApprovalTask.STEP_MARKETING_CENTRE
DUTIES = [
    "spendPlans.reviewForMarketingCentre",
    "spendPlans.reviewForMarketDepartment",
    "spendPlans.auditFees",
]


@pytest.fixture
def budget(world):
    return world.budget(100_000)


@pytest.fixture
def planner(world):
    return world.planner()


def told(world):
    return [notice for _, notice in world.facts("marketing.notice.raised", NoticeRaised)]


def test_each_step_tells_who_may_decide_it_and_the_last_one_the_applicant(world, planner, budget, an_item):
    plan = planner.submitted(an_item(budget, 1000))
    for decider in world.deciders():
        decider.approve(planner.plan(plan))
    *waiting, approved = told(world)
    assert [notice.recipient_permission for notice in waiting] == DUTIES
    assert {notice.recipient_unit_id for notice in waiting} == {plan.unit_id}
    assert {notice.template for notice in waiting} == {"spendPlans.submitted"}
    assert waiting[0].parameters["user"] == plan.applicant_id
    assert waiting[0].parameters["amount"] == "10.00 CNY"
    assert waiting[0].parameters["month"] == plan.month_start_date[:7]
    assert [notice.parameters["step"] for notice in waiting] == [
        "MARKETING_CENTRE",
        "MARKET_DEPARTMENT",
        "FINANCE",
    ]
    assert (approved.template, list(approved.recipient_ids)) == ("spendPlans.approved", [plan.applicant_id])
    assert {notice.resource for notice in (*waiting, approved)} == {f"spendPlans/{plan.id}"}
    assert len({notice.dedupe_key for notice in (*waiting, approved)}) == 4


def test_a_rejection_tells_the_applicant_who_decided_and_where_and_a_new_submission_is_news(
    world, planner, budget, an_item
):
    centre = world.decider(CENTRE)
    plan = planner.submitted(an_item(budget, 1000))
    for _ in range(2):
        centre.reject(planner.plan(plan))
        planner.submit(planner.plan(plan))
    first, rejected, second, again, _ = told(world)
    assert (rejected.template, list(rejected.recipient_ids)) == ("spendPlans.rejected", [plan.applicant_id])
    assert rejected.parameters["step"] == "MARKETING_CENTRE"
    assert rejected.parameters["user"] not in ("", plan.applicant_id)
    assert first.dedupe_key != second.dedupe_key
    assert rejected.dedupe_key != again.dedupe_key


def test_a_payment_tells_who_applied_once(world, budget):
    due, erp = world.disbursement(budget, 700), world.finance_system()
    erp.confirm(due)
    erp.confirm(due)
    *_, approved, paid = told(world)
    assert (paid.template, paid.recipient_ids) == ("disbursements.paid", approved.recipient_ids)
    assert dict(paid.parameters) == {"amount": "7.00 CNY", "date": "2026-03-10"}
    assert paid.resource == f"disbursements/{due.id}"
