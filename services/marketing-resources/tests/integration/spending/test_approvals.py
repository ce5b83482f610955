from datetime import UTC, timedelta

import pytest
from chassis.access import Scope
from grpc import StatusCode
from journeyman.marketing.v1 import approvals_pb2 as pb
from journeyman.marketing.v1 import events_pb2
from journeyman.marketing.v1.spend_plans_pb2 import SpendPlan

TASK = pb.ApprovalTask
OPERATIONS = "00000000-0000-7000-8000-0000000000a1"
BRANCH = "00000000-0000-7000-8000-0000000000a2"
OTHER_ID = "00000000-0000-7000-8000-00000000dead"
CENTRE, DEPARTMENT, FINANCE = (
    TASK.STEP_MARKETING_CENTRE,
    TASK.STEP_MARKET_DEPARTMENT,
    TASK.STEP_FINANCE,
)


@pytest.fixture
def budget(world):
    return world.budget(100_000)


@pytest.fixture
def planner(world):
    return world.planner()


@pytest.fixture
def plan(planner, budget, an_item):
    return planner.submitted(an_item(budget, 700), an_item(budget, 300))


@pytest.mark.rule("R040")
@pytest.mark.rule("R043")
@pytest.mark.rule("R042")
def test_marketing_centre_market_department_and_finance_decide_in_this_order_A41_R040_R042_R043(
    world, planner, plan
):
    centre, department, finance = world.deciders()
    decided = centre.approve(plan, comment=" Fine ")
    assert (decided.state, decided.decided_by, decided.comment) == (TASK.STATE_APPROVED, centre.id, "Fine")
    assert decided.decide_time.ToDatetime(UTC) == world.clock.now()
    seen = [planner.plan(plan)]
    department.approve(seen[-1])
    seen.append(planner.plan(plan))
    finance.approve(seen[-1])
    seen.append(planner.plan(plan))
    assert [found.step for found in seen] == [DEPARTMENT, FINANCE, TASK.STEP_UNSPECIFIED]
    assert [found.state for found in seen] == [
        SpendPlan.STATE_IN_REVIEW,
        SpendPlan.STATE_IN_REVIEW,
        SpendPlan.STATE_APPROVED,
    ]
    assert [task.decided_by for task in seen[-1].approval_tasks] == [centre.id, department.id, finance.id]


@pytest.mark.rule("R042")
def test_the_last_approval_commits_the_money_and_makes_a_disbursement_for_each_item_R042(
    world, planner, budget, an_item
):
    plan = world.approved(
        an_item(budget, 700, purpose="Gifts", central_purchase=True), an_item(budget, 300), planner=planner
    )
    assert world.balances(budget) == (99_000, 0, 1_000, 0)
    assert world.moves(budget)[1:] == [
        ("RESERVE", 700),
        ("RESERVE", 300),
        ("COMMIT", 700),
        ("COMMIT", 300),
    ]
    due = {found.spend_plan_item_id: found for found in planner.list_disbursements().disbursements}
    assert set(due) == {item.id for item in plan.items}
    gifts = due[plan.items[0].id]
    assert (gifts.amount, gifts.purpose) == (plan.items[0].amount, "Gifts")
    assert gifts.central_purchase
    assert (gifts.spend_plan_id, gifts.budget_id, gifts.unit_id) == (plan.id, budget, plan.unit_id)
    assert (gifts.state, gifts.external_id, gifts.paid_date, gifts.confirmed_by) == (1, "", "", "")
    assert not gifts.HasField("confirm_time")


@pytest.mark.parametrize("approvals", [0, 1, 2])
def test_a_rejection_at_any_step_gives_the_money_back_and_makes_a_draft_A41(
    world, planner, budget, plan, approvals
):
    deciders = world.deciders()
    for decider in deciders[:approvals]:
        decider.approve(plan)
        plan = planner.plan(plan)
    decided = deciders[approvals].reject(plan, comment="Too dear")
    assert (decided.state, decided.comment) == (TASK.STATE_REJECTED, "Too dear")
    rejected = planner.plan(plan)
    assert (rejected.state, rejected.step) == (SpendPlan.STATE_DRAFT, TASK.STEP_UNSPECIFIED)
    assert world.balances(budget) == (100_000, 0, 0, 0)
    assert planner.list_disbursements().disbursements == []
    again = planner.submit(plan)
    assert (again.step, again.approval_tasks[-1].submission) == (CENTRE, 2)


def test_a_rejected_plan_can_be_decided_by_the_same_people_after_its_next_submission(world, planner, plan):
    centre, department, _ = world.deciders()
    centre.approve(plan)
    department.reject(planner.plan(plan))
    again = planner.submit(plan)
    centre.approve(again)
    department.approve(planner.plan(plan))
    assert planner.plan(plan).step == FINANCE


@pytest.mark.rule("R044")
def test_nobody_decides_on_a_plan_of_their_own_R044(world, budget, an_item, refusal):
    everything = world.caller("*")
    plan = everything.submitted(an_item(budget, 10))
    for decide in (everything.approve, everything.reject):
        refused = refusal(lambda decide=decide: decide(plan))
        assert (refused.status, refused.reason) == (StatusCode.PERMISSION_DENIED, "OWN_PLAN")
    assert everything.plan(plan) == plan


@pytest.mark.parametrize("step", [DEPARTMENT, FINANCE])
def test_nobody_decides_two_steps_of_a_submission(world, planner, plan, refusal, step):
    everything = world.caller("*")
    everything.approve(plan)
    if step == FINANCE:
        world.decider(DEPARTMENT).approve(planner.plan(plan))
    waiting = planner.plan(plan)
    for decide in (everything.approve, everything.reject):
        refused = refusal(lambda decide=decide: decide(waiting))
        assert (refused.status, refused.reason) == (StatusCode.PERMISSION_DENIED, "DECIDED_BEFORE")
    assert planner.plan(plan) == waiting


@pytest.mark.parametrize("step", [CENTRE, DEPARTMENT, FINANCE])
def test_a_step_is_decided_by_those_whose_duty_it_is(world, planner, plan, refusal, step):
    deciders = dict(zip((CENTRE, DEPARTMENT, FINANCE), world.deciders(), strict=True))
    for before in range(CENTRE, step):
        deciders[before].approve(plan)
        plan = planner.plan(plan)
    for duty in {CENTRE, DEPARTMENT, FINANCE} - {step}:
        other = world.decider(duty)
        for decide in (other.approve, other.reject):
            refused = refusal(lambda decide=decide: decide(plan))
            assert (refused.status, refused.reason) == (StatusCode.PERMISSION_DENIED, "NOT_YOUR_DUTY")
    assert planner.plan(plan) == plan


DUTY = "spendPlans.reviewForMarketingCentre"


@pytest.mark.parametrize(
    ("unit", "scope"),
    [(OPERATIONS, Scope.SELF), (BRANCH, Scope.UNIT), (BRANCH, Scope.SUBTREE)],
)
def test_a_duty_reaches_as_far_as_its_role(world, planner, plan, refusal, unit, scope):
    seeing = {"permissions": ["approvalTasks.*"], "unit": OPERATIONS, "scope": Scope.ALL}
    duty = {"permissions": [DUTY], "unit": unit, "scope": scope}
    refused = refusal(lambda: world.with_grants(seeing, duty).approve(plan))
    assert (refused.status, refused.reason) == (StatusCode.PERMISSION_DENIED, "NOT_YOUR_DUTY")
    assert DUTY in refused.words
    own_unit = {"permissions": [DUTY], "unit": OPERATIONS, "scope": Scope.UNIT}
    assert world.with_grants(seeing, own_unit).approve(plan).state == TASK.STATE_APPROVED


def test_a_task_outside_the_scope_is_not_there(world, planner, plan, refusal):
    afar = world.caller("approvalTasks.*", DUTY, unit=BRANCH, scope=Scope.UNIT)
    task = plan.approval_tasks[0]
    for call in (lambda: afar.task(task), lambda: afar.approve(plan), lambda: afar.reject(plan)):
        refused = refusal(call)
        assert (refused.status, refused.reason) == (StatusCode.NOT_FOUND, "NOT_FOUND")
    assert afar.list_tasks().approval_tasks == []
    assert afar.list_tasks(spend_plan_id=plan.id).approval_tasks == []
    assert planner.plan(plan) == plan


def test_a_machine_decides_nothing(world, planner, plan, refusal):
    machine = world.caller("*", person=False)
    for decide in (machine.approve, machine.reject):
        refused = refusal(lambda decide=decide: decide(plan))
        assert (refused.status, refused.reason) == (StatusCode.PERMISSION_DENIED, "PERSON_REQUIRED")
    assert planner.plan(plan) == plan


@pytest.mark.parametrize("how", ["approved", "rejected", "withdrawn"])
def test_a_closed_task_stays_closed(world, planner, budget, plan, refusal, how):
    close = {
        "approved": lambda: world.decider(CENTRE).approve(plan),
        "rejected": lambda: world.decider(CENTRE).reject(plan),
        "withdrawn": lambda: planner.withdraw(plan),
    }
    close[how]()
    before = planner.plan(plan), world.moves(budget)
    other = world.decider(CENTRE)
    for decide in (other.approve, other.reject):
        refused = refusal(lambda decide=decide: decide(plan))
        assert (refused.status, refused.reason) == (StatusCode.FAILED_PRECONDITION, "TASK_CLOSED")
    assert (planner.plan(plan), world.moves(budget)) == before


def test_a_cancelled_task_was_decided_by_nobody(planner, plan):
    (task,) = planner.withdraw(plan).approval_tasks
    assert (task.state, task.decided_by, task.HasField("decide_time")) == (TASK.STATE_CANCELLED, "", False)


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("", "STRING_MIN_LEN"),
        ("  ", "REQUIRED"),
        ("a\0", "STRING_STORABLE"),
        ("x" * 501, "STRING_MAX_LEN"),
    ],
)
def test_a_rejection_says_why(quiet, an_item, refusal, comment, reason):
    plan = quiet.planner().submitted(an_item(quiet.budget(1), 1))
    refused = refusal(lambda: quiet.decider(CENTRE).reject(plan, comment=comment))
    assert refused.fields == (("comment", reason),)


def test_what_is_no_task_is_not_found(quiet, refusal):
    decider = quiet.decider(CENTRE)
    missing = SpendPlan(approval_tasks=[pb.ApprovalTask(id=OTHER_ID)])
    for call in (
        lambda: decider.task(pb.ApprovalTask(id=OTHER_ID)),
        lambda: decider.approve(missing),
        lambda: decider.reject(missing),
    ):
        assert refusal(call).status is StatusCode.NOT_FOUND


def test_tasks_are_listed_newest_first_and_filtered(world, planner, budget, an_item):
    centre = world.decider(CENTRE)
    plans = [planner.submitted(an_item(budget, 1)) for _ in range(3)]
    centre.approve(plans[0])
    listed = centre.list_tasks().approval_tasks
    assert [task.id for task in listed] == sorted((task.id for task in listed), reverse=True)
    assert len(listed) == 4
    waiting = centre.list_tasks(state=TASK.STATE_PENDING, step=CENTRE).approval_tasks
    assert {task.spend_plan_id for task in waiting} == {plans[1].id, plans[2].id}
    of_first = centre.list_tasks(spend_plan_id=plans[0].id).approval_tasks
    assert [task.step for task in of_first] == [DEPARTMENT, CENTRE]
    first = centre.list_tasks(page_size=3)
    second = centre.list_tasks(page_size=3, page_token=first.next_page_token)
    assert [*first.approval_tasks, *second.approval_tasks] == list(listed)
    assert centre.task(listed[0]) == listed[0]


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"state": 9}, "state", "ENUM_DEFINED_ONLY"),
        ({"step": 9}, "step", "ENUM_DEFINED_ONLY"),
        ({"spend_plan_id": "x"}, "spendPlanId", "STRING_UUID"),
        ({"page_token": "x"}, "pageToken", "FOREIGN_PAGE_TOKEN"),
    ],
)
def test_a_bad_question_for_tasks_is_refused(quiet, refusal, fields, where, reason):
    assert refusal(lambda: quiet.decider(CENTRE).list_tasks(**fields)).fields == ((where, reason),)


def test_each_decision_is_told_with_the_plan_and_its_budgets(world, planner, plan, budget):
    world.clock.advance(timedelta(hours=1))
    for decider in world.deciders():
        decider.approve(planner.plan(plan))
    facts = world.facts("marketing.spend_plan.changed", events_pb2.SpendPlanChanged)
    assert [(version, fact.state, fact.step) for version, fact in facts][2:] == [
        (3, "IN_REVIEW", "MARKET_DEPARTMENT"),
        (4, "IN_REVIEW", "FINANCE"),
        (5, "APPROVED", ""),
    ]
    *_, (version, last) = world.facts("marketing.budget.changed", events_pb2.BudgetChanged)
    assert (version, last.available_minor_units, last.committed_minor_units) == (5, 99_000, 1_000)
    assert planner.plan(plan).update_time.ToDatetime(UTC) == world.clock.now()
