"""What waits for whom: decisions for those who may make them, and rejected plans for their applicants."""

from datetime import UTC, datetime

import pytest
from chassis.access import Scope
from journeyman.marketing.v1 import approvals_pb2 as pb

BRANCH = "00000000-0000-7000-8000-0000000000a2"
CENTRE, DEPARTMENT, FINANCE = (
    pb.ApprovalTask.STEP_MARKETING_CENTRE,
    pb.ApprovalTask.STEP_MARKET_DEPARTMENT,
    pb.ApprovalTask.STEP_FINANCE,
)
DECIDING = ("approvalTasks.decide", "spendPlans.reviewForMarketingCentre")


@pytest.fixture
def budget(world):
    return world.budget(100_000)


@pytest.fixture
def planner(world):
    return world.planner()


@pytest.fixture
def plan(planner, budget, an_item):
    return planner.submitted(an_item(budget, 700))


def kinds(tasks):
    return [(task.kind, task.resource) for task in tasks]


def test_a_plan_waits_for_the_duty_of_its_step_and_for_nobody_else(world, planner, plan):
    deciders = world.deciders()
    for place, decider in enumerate(deciders):
        task = planner.plan(plan).approval_tasks[-1]
        shown = [kinds(somebody.open_work()) for somebody in deciders]
        waiting = [("approvalTasks.decide", f"approvalTasks/{task.id}")]
        assert shown == [waiting if other == place else [] for other in range(3)]
        decider.approve(planner.plan(plan))
    assert [somebody.open_work()[:] for somebody in (*deciders, planner)] == [[], [], [], []]


def test_a_task_names_the_plan_and_the_duty_in_the_callers_language(world, plan):
    centre = world.decider(CENTRE)
    (english,), (chinese,) = centre.open_work(), centre.open_work("zh-CN")
    assert english.title == "Review the spend plan “March” for the marketing centre"
    assert chinese.title == "营销中心审核费用使用计划《March》"
    assert english.create_time.ToDatetime(UTC) == world.clock.now()
    assert not english.HasField("due_time")
    assert plan.approval_tasks[0].id in english.resource


def test_nobody_is_asked_to_decide_on_a_plan_of_their_own(world, budget, an_item):
    both = world.caller("*")
    both.submitted(an_item(budget, 100))
    assert both.open_work()[:] == []


def test_who_has_decided_one_step_is_not_asked_for_the_next(world, planner, plan):
    everything = world.caller("*")
    everything.approve(planner.plan(plan))
    assert everything.open_work()[:] == []
    assert len(world.decider(DEPARTMENT).open_work()) == 1


@pytest.mark.usefixtures("plan")
def test_what_waits_in_another_unit_waits_for_others(world):
    assert world.caller(*DECIDING, unit=BRANCH, scope=Scope.SUBTREE).open_work()[:] == []
    everywhere = {"permissions": DECIDING[:1], "unit": BRANCH, "scope": Scope.ALL}
    duty_there = {"permissions": DECIDING[1:], "unit": BRANCH, "scope": Scope.SUBTREE}
    assert world.with_grants(everywhere, duty_there).open_work()[:] == []
    assert world.caller(*DECIDING, scope=Scope.UNIT).open_work() != []


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("held", [DECIDING[:1], DECIDING[1:], ("approvalTasks.read",)])
def test_without_the_duty_nothing_waits(world, held):
    assert world.caller(*held).open_work()[:] == []


def test_a_rejected_plan_waits_for_its_applicant_until_it_is_submitted_again(world, planner, plan):
    assert planner.open_work()[:] == []
    world.decider(CENTRE).reject(plan)
    (task,) = planner.open_work()
    assert (task.kind, task.resource) == ("spendPlans.submit", f"spendPlans/{plan.id}")
    assert task.due_time.ToDatetime(UTC) == datetime(2026, 3, 31, 16, tzinfo=UTC)  # March ends in Shanghai
    assert task.title == "Change the rejected spend plan “March” and submit it again"
    assert world.planner().open_work()[:] == []
    assert planner.open_work(page_token=task.sort_key)[:] == []
    planner.submit(plan)
    assert planner.open_work()[:] == []


def test_a_plan_taken_back_and_one_of_a_month_that_is_over_wait_for_nobody(world, planner, plan):
    planner.withdraw(plan)
    assert planner.open_work()[:] == []
    planner.submit(plan)
    world.decider(CENTRE).reject(planner.plan(plan))
    world.clock.set(datetime(2026, 3, 31, 16, tzinfo=UTC))
    assert planner.open_work()[:] == []


def test_decisions_of_all_steps_are_paged_as_one_list(world, planner, budget, an_item):
    everything = world.caller("*")
    plans = [planner.submitted(an_item(budget, 100)) for _ in range(4)]
    for decided in plans[:2]:
        world.decider(CENTRE).approve(decided)
    tasks, token = [], ""
    while len(tasks) < 4:
        (task,) = everything.open_work(page_size=1, page_token=token)
        tasks.append(task.resource.removeprefix("approvalTasks/"))
        token = task.sort_key
    assert everything.open_work(page_token=token)[:] == []
    assert tasks == sorted(planner.plan(plan).approval_tasks[-1].id for plan in plans)
