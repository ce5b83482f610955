"""What waits for people in the field: plans of this week and the next, and the visit they are in."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from chassis.access import Scope

MONDAY = date(2026, 3, 2)
NEXT_MONDAY = MONDAY + timedelta(days=7)


def due(day):
    """When work begins on a day: 08:30 in Shanghai."""
    return datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC)


def told(tasks):
    return [(task.kind, task.due_time.ToDatetime(UTC)) for task in tasks]


@pytest.fixture
def wang(world):
    world.at(2, 10)
    return world.person()


@pytest.mark.rule("R014")
def test_the_plans_of_this_week_and_the_next_wait_until_work_begins_on_their_monday_R014(wang):
    tasks = wang.tasks()
    assert told(tasks) == [("visitPlans.create", due(MONDAY)), ("visitPlans.create", due(NEXT_MONDAY))]
    assert [task.resource for task in tasks] == [f"users/{wang.id}"] * 2
    assert [task.title for task in tasks] == [
        "Plan the visits of the week of 2026-03-02",
        "Plan the visits of the week of 2026-03-09",
    ]
    assert wang.tasks("zh-CN")[0].title == "制定2026-03-02当周的拜访计划"


@pytest.mark.rule("R014")
def test_a_draft_waits_to_be_submitted_and_a_submitted_plan_for_nothing_R014(world, wang):
    shop = world.customer(wang)
    plan = wang.draft((shop, 0), week=NEXT_MONDAY)
    this, following = wang.tasks()
    assert told([following]) == [("visitPlans.submit", due(NEXT_MONDAY))]
    assert following.resource == f"visitPlans/{plan.id}"
    assert following.title == "Submit the visit plan of the week of 2026-03-09"
    wang.submit(plan)
    assert told(wang.tasks()) == told([this])


@pytest.mark.rule("R014")
def test_after_a_holiday_the_plan_is_due_before_work_on_the_first_day_R014(world):
    world.clock.set(datetime(2026, 10, 1, 4, tzinfo=UTC))
    following = world.person().tasks()[-1]
    assert told([following]) == [("visitPlans.create", due(date(2026, 10, 8)))]


def test_plans_are_paged_like_everything_else(wang):
    first, second = wang.tasks()
    assert wang.tasks(page_size=1)[:] == [first]
    assert wang.tasks(page_token=first.sort_key)[:] == [second]
    assert wang.tasks(page_token=second.sort_key)[:] == []
    assert wang.tasks(page_token=first.sort_key.replace(first.sort_key[:18], "~"))[:] == []


@pytest.mark.parametrize("held", [{"scope": Scope.ALL}, {"permissions": ("visitPlans.read",)}])
def test_who_has_no_plan_to_write_is_asked_for_none(world, held):
    assert world.person(**held).tasks()[:] == []


def test_a_visit_waits_from_checking_in_until_it_is_completed(world, wang):
    for week in (MONDAY, NEXT_MONDAY):
        wang.submit(wang.draft((world.customer(wang), 2), week=week))
    visit = wang.with_checklist(world.customer(wang))
    (task,) = wang.tasks()
    assert (task.kind, task.resource) == ("visits.complete", f"visits/{visit.id}")
    assert task.title == "Complete the visit begun on 2026-03-04 10:00"
    assert world.person().tasks()[0].kind == "visitPlans.create"
    wang.complete(visit)
    assert wang.tasks()[:] == []


def test_whose_unit_is_gone_sees_what_else_waits(world, wang):
    world.at(0, 9)
    visit = wang.with_checklist(world.customer(wang))
    moved = world.person(user=wang.id, unit=str(uuid.uuid4()))
    assert [task.resource for task in moved.tasks()] == [f"visits/{visit.id}"]
