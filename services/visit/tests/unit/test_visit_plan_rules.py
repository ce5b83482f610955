import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from chassis.calendar import BUSINESS_ZONE
from visit.visit_plans.rules import (
    NotAMonday,
    Plan,
    PlanEmpty,
    PlanLocked,
    PlanNotSubmitted,
    PlanState,
    Stop,
    StopBegun,
    StopProblem,
    StopProblemKind,
    StopsRefused,
    WantedStop,
    WeekPassed,
    WeekTooFarAhead,
    amend,
    arrange,
    demand_week,
    due_at,
    follow,
    rewrite,
    submit,
)

MONDAY = date(2026, 3, 2)
TUESDAY, WEDNESDAY, SUNDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 6))
DUE = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai
HALF_PAST_EIGHT = time(8, 30)


def local(day, hour, minute=0, second=0):
    return datetime.combine(day, time(hour, minute, second), BUSINESS_ZONE).astimezone(UTC)


def arranged(*wanted, planned=()):
    numbers = itertools.count(1)
    return arrange([WantedStop(*stop) for stop in wanted], MONDAY, planned, lambda: f"new {next(numbers)}")


def draft(*stops, **changes):
    made = Plan(id="plan", user_id="wang", unit_id="east", week_start=MONDAY, stops=stops, due_at=DUE)
    return replace(made, **changes)


def submitted(*stops):
    return submit(draft(*stops), local(MONDAY, 7), DUE)


def problems(*wanted, **where):
    with pytest.raises(StopsRefused) as refused:
        arranged(*wanted, **where)
    return refused.value.problems


@pytest.mark.rule("R010")
def test_the_list_gives_the_order_of_each_days_route_R010():
    stops = arranged(("", "c2", TUESDAY), ("", "c9", MONDAY), ("", "c1", TUESDAY))
    assert [(stop.customer_id, stop.visit_date, stop.sequence) for stop in stops] == [
        ("c9", MONDAY, 1),
        ("c2", TUESDAY, 1),
        ("c1", TUESDAY, 2),
    ]


PLANNED = [Stop("s1", "c1", MONDAY, 1)]


def test_a_stop_that_stays_keeps_its_id_and_a_new_one_gets_one():
    stops = arranged(("", "c2", MONDAY), ("s1", "c1", MONDAY), planned=PLANNED)
    assert [(stop.id, stop.sequence) for stop in stops] == [("new 1", 1), ("s1", 2)]


@pytest.mark.parametrize(("customer", "day"), [("c2", MONDAY), ("c1", TUESDAY)])
def test_for_another_customer_or_day_a_stop_becomes_another_one(customer, day):
    (stop,) = arranged(("s1", customer, day), planned=PLANNED)
    assert stop.id == "new 1"


def test_both_ends_of_the_week_lie_inside_it():
    assert len(arranged(("", "c1", MONDAY), ("", "c1", SUNDAY))) == 2


@pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), SUNDAY + timedelta(days=1)])
def test_a_stop_outside_the_week_is_refused(day):
    assert problems(("", "c1", MONDAY), ("", "c2", day)) == [StopProblem(1, StopProblemKind.OUTSIDE_WEEK)]


def test_an_id_of_another_plan_is_refused():
    assert problems(("s9", "c1", MONDAY), planned=PLANNED) == [StopProblem(0, StopProblemKind.UNKNOWN_STOP)]


def test_a_stop_that_is_listed_twice_is_refused_at_both_places():
    found = problems(("s1", "c1", MONDAY), ("s1", "c2", MONDAY), planned=PLANNED)
    assert found == [StopProblem(index, StopProblemKind.DUPLICATE_STOP) for index in (0, 1)]


def test_a_customer_is_planned_once_a_day():
    found = problems(("", "c1", MONDAY), ("", "c1", TUESDAY), ("", "c1", MONDAY))
    assert found == [StopProblem(index, StopProblemKind.DUPLICATE_CUSTOMER) for index in (0, 2)]


@pytest.mark.parametrize(
    ("week_start", "refusal"),
    [
        (TUESDAY, NotAMonday),
        (MONDAY - timedelta(days=7), WeekPassed),
        (MONDAY + timedelta(days=371), WeekTooFarAhead),
        (date(9999, 12, 27), WeekTooFarAhead),
    ],
)
def test_a_week_that_cannot_be_planned_is_refused(week_start, refusal):
    with pytest.raises(refusal):
        demand_week(week_start, WEDNESDAY)


@pytest.mark.parametrize("today", [MONDAY, SUNDAY, MONDAY - timedelta(days=3)])
def test_the_week_that_runs_and_those_that_come_can_be_planned(today):
    demand_week(MONDAY, today)


@pytest.mark.rule("R014")
@pytest.mark.parametrize(
    ("week_start", "due_day"),
    [
        (date(2026, 3, 2), date(2026, 3, 2)),  # an ordinary Monday
        (date(2026, 5, 4), date(2026, 5, 6)),  # Labour Day lasts until Tuesday
        (date(2026, 2, 16), date(2026, 2, 24)),  # Spring Festival fills the whole week and the next Monday
        (date(2026, 9, 28), date(2026, 9, 28)),  # workdays before the National Day in the same week
    ],
)
def test_a_plan_is_due_before_work_on_the_first_workday_from_its_monday_on_R014(week_start, due_day):
    assert due_at(week_start, HALF_PAST_EIGHT) == local(due_day, 8, 30)


@pytest.mark.rule("R014")
@pytest.mark.parametrize(
    ("at", "late"),
    [
        (local(MONDAY, 8, 29, 59), False),
        (local(MONDAY, 8, 30), True),
        (local(MONDAY - timedelta(days=3), 18), False),
        (local(WEDNESDAY, 9), True),
    ],
)
def test_a_plan_submitted_when_work_has_begun_is_taken_and_marked_late_R014(at, late):
    plan = submit(draft(Stop("s1", "c1", MONDAY, 1)), at, due_at(MONDAY, HALF_PAST_EIGHT))
    assert (plan.state, plan.submitted_at, plan.submitted_late) == (PlanState.SUBMITTED, at, late)


def test_a_plan_without_stops_is_not_submitted():
    with pytest.raises(PlanEmpty):
        submit(draft(), local(MONDAY, 7), DUE)


@pytest.mark.rule("R012")
def test_a_submitted_plan_is_locked_R012():
    plan = submitted(Stop("s1", "c1", MONDAY, 1))
    with pytest.raises(PlanLocked):
        rewrite(plan, (), DUE)
    with pytest.raises(PlanLocked):
        submit(plan, local(MONDAY, 8), DUE)


def test_a_draft_is_not_amended():
    with pytest.raises(PlanNotSubmitted):
        amend(draft(), (), "ill", begun=(), at=local(MONDAY, 9))


@pytest.mark.rule("R012")
def test_an_amendment_keeps_its_reason_and_what_it_changed_R012():
    stays, goes = Stop("s1", "c1", TUESDAY, 1), Stop("s2", "c2", TUESDAY, 2)
    comes = Stop("s3", "c3", WEDNESDAY, 1)
    at = local(MONDAY, 20)
    plan, amendment = amend(submitted(stays, goes), (stays, comes), "shop closed", begun=(), at=at)
    assert plan.stops == (stays, comes)
    assert (amendment.reason, amendment.amended_at, amendment.plan_version) == ("shop closed", at, 3)
    assert (amendment.added, amendment.removed) == ((comes,), (goes,))


@pytest.mark.rule("R012")
@pytest.mark.parametrize(
    ("stops", "begun", "today"),
    [
        ((), {"s1"}, TUESDAY),
        ((Stop("s2", "c1", WEDNESDAY, 1),), {"s1"}, TUESDAY),
        ((), (), WEDNESDAY),
        ((Stop("s1", "c1", TUESDAY, 1), Stop("s2", "c2", MONDAY, 1)), (), TUESDAY),
    ],
)
def test_a_stop_that_has_begun_or_whose_day_has_passed_is_history_R012(stops, begun, today):
    plan = submitted(Stop("s1", "c1", TUESDAY, 1))
    with pytest.raises(StopBegun):
        amend(plan, stops, "reason", begun=begun, at=local(today, 12))


@pytest.mark.rule("R012")
def test_a_stop_is_amended_until_the_last_minute_of_its_day_while_nobody_has_checked_in_R012():
    plan = submitted(Stop("s1", "c1", TUESDAY, 1), Stop("s2", "c2", SUNDAY, 1))
    amended, _ = amend(plan, plan.stops[1:], "ill", begun=(), at=local(TUESDAY, 23, 59, 59))
    assert amended.stops == plan.stops[1:]


def test_a_missed_stop_can_be_made_up_on_a_later_day_of_the_week():
    missed = Stop("s1", "c1", MONDAY, 1)
    makes_up = Stop("s2", "c1", SUNDAY, 1)
    amended, amendment = amend(
        submitted(missed), (missed, makes_up), "closed", begun=(), at=local(TUESDAY, 9)
    )
    assert amended.stops == (missed, makes_up)
    assert (amendment.added, amendment.removed) == ((makes_up,), ())


def test_a_begun_stop_may_move_up_in_the_route_when_one_before_it_goes_out():
    first, second = Stop("s1", "c1", TUESDAY, 1), Stop("s2", "c2", TUESDAY, 2)
    moved_up = replace(second, sequence=1)
    amended, amendment = amend(
        submitted(first, second), (moved_up,), "closed", begun={"s2"}, at=local(TUESDAY, 9)
    )
    assert amended.stops == (moved_up,)
    assert (amendment.added, amendment.removed) == ((), (first,))


def followed(plan, *, begun=(), at=None):
    moved = follow(plan, "west", begun=begun, at=at or local(TUESDAY, 12))
    return moved, [stop.unit_id for stop in moved.stops]


def test_a_plan_goes_to_the_new_unit_and_a_stop_that_has_begun_stays():
    days = [(MONDAY, "a"), (TUESDAY, "b"), (TUESDAY, "c"), (WEDNESDAY, "d")]
    plan = submitted(*[Stop(id_, id_, day, 1) for day, id_ in days])
    moved, units = followed(plan, begun={"b"})
    assert (moved.unit_id, moved.version) == ("west", plan.version + 1)
    assert units == ["east", "east", None, None]
    assert [replace(stop, unit_id=None) for stop in moved.stops] == list(plan.stops)


def test_a_stop_that_stayed_once_stays_there():
    plan = submitted(Stop("a", "a", MONDAY, 1), Stop("b", "b", TUESDAY, 1), Stop("c", "c", SUNDAY, 1))
    once, _ = followed(plan)
    twice = follow(once, "south", begun=(), at=local(WEDNESDAY, 0))
    assert [stop.unit_id for stop in twice.stops] == ["east", "west", None]


def test_the_day_of_a_move_ends_at_midnight_in_shanghai():
    plan = submitted(Stop("a", "a", MONDAY, 1))
    assert followed(plan, at=local(MONDAY, 23, 59))[1] == [None]
    assert followed(plan, at=local(TUESDAY, 0))[1] == ["east"]


def test_a_stop_that_stays_in_the_list_keeps_its_unit():
    (kept, _) = arranged(("a", "a", MONDAY), ("", "b", TUESDAY), planned=[Stop("a", "a", MONDAY, 1, "east")])
    assert kept.unit_id == "east"
