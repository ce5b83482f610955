"""Who reaches which plans, and who changes them."""

import pytest
from chassis.access import Scope
from grpc import StatusCode

HQ = "00000000-0000-7000-8000-0000000000a0"
OPERATIONS = "00000000-0000-7000-8000-0000000000a1"
BRANCH = "00000000-0000-7000-8000-0000000000a2"
EVERYTHING = ("spendPlans.*", "budgets.read")


@pytest.mark.parametrize(
    ("unit", "scope", "sees"),
    [
        (OPERATIONS, Scope.UNIT, True),
        (HQ, Scope.SUBTREE, True),
        (HQ, Scope.UNIT, False),
        (BRANCH, Scope.SUBTREE, False),
        (OPERATIONS, Scope.SELF, False),
        (BRANCH, Scope.ALL, True),
    ],
)
def test_a_plan_is_seen_by_those_whose_scope_reaches_its_unit(world, an_item, refusal, unit, scope, sees):
    plan = world.planner().submitted(an_item(world.budget(10), 10))
    reader = world.caller("*.read", unit=unit, scope=scope)
    task = plan.approval_tasks[0]
    listed = len(reader.list_plans().spend_plans), len(reader.list_tasks().approval_tasks)
    assert listed == ((1, 1) if sees else (0, 0))
    filtered = reader.list_plans(unit_id=plan.unit_id, month_start_date=plan.month_start_date)
    assert len(filtered.spend_plans) == listed[0]
    for call in (lambda: reader.plan(plan), lambda: reader.task(task)):
        if sees:
            assert call().id in {plan.id, task.id}
        else:
            assert refusal(call).status is StatusCode.NOT_FOUND


def test_people_see_their_own_plans_tasks_and_disbursements_with_scope_self(world, an_item):
    budget = world.budget(100)
    planner = world.planner()
    plan = world.approved(an_item(budget, 10), planner=planner)
    world.approved(an_item(budget, 20))
    own = world.caller("*.read", user=planner.id, scope=Scope.SELF)
    assert [found.id for found in own.list_plans().spend_plans] == [plan.id]
    assert {task.spend_plan_id for task in own.list_tasks().approval_tasks} == {plan.id}
    assert [due.spend_plan_id for due in own.list_disbursements().disbursements] == [plan.id]
    assert own.plan(plan) == plan


@pytest.mark.rule("R044")
@pytest.mark.parametrize("scope", [Scope.ALL, Scope.UNIT])
def test_only_the_applicant_changes_submits_or_withdraws_a_plan_R044(world, an_item, refusal, scope):
    budget = world.budget(100)
    planner, colleague = world.planner(), world.caller(*EVERYTHING, scope=scope)
    draft, submitted = planner.draft(an_item(budget, 10)), planner.submitted(an_item(budget, 20))
    for call in (
        lambda: colleague.rewrite(draft, an_item(budget, 1)),
        lambda: colleague.submit(draft),
        lambda: colleague.withdraw(submitted),
    ):
        refused = refusal(call)
        assert (refused.status, refused.reason) == (StatusCode.NOT_FOUND, "NOT_FOUND")
    assert (planner.plan(draft), planner.plan(submitted)) == (draft, submitted)
    assert world.balances(budget) == (80, 20, 0, 0)


@pytest.mark.rule("R044")
def test_a_machine_applies_for_nothing_R044(world, an_item, refusal):
    machine = world.caller("*", person=False)
    budget = world.budget(10)
    plan = world.planner().draft(an_item(budget, 1))
    for call in (
        lambda: machine.draft(an_item(budget, 1)),
        lambda: machine.rewrite(plan, an_item(budget, 2)),
        lambda: machine.submit(plan),
        lambda: machine.withdraw(plan),
    ):
        refused = refusal(call)
        assert (refused.status, refused.reason) == (StatusCode.PERMISSION_DENIED, "PERSON_REQUIRED")


@pytest.mark.parametrize("scope", [Scope.UNIT, Scope.SELF, Scope.SUBTREE])
def test_a_budget_outside_the_reach_is_no_budget_at_all(world, an_item, refusal, scope):
    near, afar = world.budget(100), world.budget(100, unit=BRANCH)
    missing = "00000000-0000-7000-8000-00000000dead"
    planner = world.caller(*EVERYTHING, scope=scope)
    if scope is not Scope.SELF:
        plan = planner.draft(an_item(near, 1))
        for budget in (afar, missing):
            assert refusal(lambda b=budget: planner.rewrite(plan, an_item(b, 1))).reason == "BUDGET_NOT_FOUND"
        assert planner.plan(plan) == plan
    for budget in (afar, missing):
        refused = refusal(lambda budget=budget: planner.draft(an_item(budget, 1)))
        assert (refused.status, refused.reason) == (StatusCode.NOT_FOUND, "BUDGET_NOT_FOUND")
        assert budget in refused.words


def test_a_budget_that_has_left_the_reach_is_not_reserved(world, an_item, refusal):
    budget = world.budget(100)
    planner = world.planner()
    plan = planner.draft(an_item(budget, 10))
    moved = world.planner(unit=BRANCH, user=planner.id)
    refused = refusal(lambda: moved.submit(plan))
    assert (refused.status, refused.reason) == (StatusCode.NOT_FOUND, "BUDGET_NOT_FOUND")
    assert world.balances(budget) == (100, 0, 0, 0)


def test_a_plan_keeps_its_unit_when_its_applicant_moves(world, an_item):
    budget = world.budget(100)
    planner = world.planner()
    plan = planner.submitted(an_item(budget, 10))
    moved = world.planner(unit=BRANCH, user=planner.id)
    assert moved.withdraw(plan).unit_id == OPERATIONS
    assert world.balances(budget) == (100, 0, 0, 0)


@pytest.mark.parametrize(
    "permissions",
    [("spendPlans.read",), ("spendPlans.write", "approvalTasks.read", "spendPlans.auditFees")],
)
def test_a_method_needs_its_permission(world, an_item, refusal, permissions):
    plan = world.planner().submitted(an_item(world.budget(10), 10))
    caller = world.caller(*permissions)
    assert refusal(lambda: caller.approve(plan)).reason == "NOT_PERMITTED"
    assert refusal(caller.list_disbursements).reason == "NOT_PERMITTED"
