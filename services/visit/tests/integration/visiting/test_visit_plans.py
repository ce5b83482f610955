from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import grpc
import pytest
from chassis.access import Scope
from chassis.effective import Version
from journeyman.notices.v1.events_pb2 import NoticeRaised
from journeyman.visit.v1 import events_pb2
from journeyman.visit.v1 import visit_plans_pb2 as pb
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from visit.work_policies.rules import WorkPolicy
from visit.work_policies.store import add as add_policy

MONDAY = date(2026, 3, 2)
ROOT = "00000000-0000-7000-8000-0000000000a0"
EAST = "00000000-0000-7000-8000-0000000000a1"
WEST = "00000000-0000-7000-8000-0000000000a2"
NOBODY = "00000000-0000-7000-8000-0000000000ff"


@pytest.fixture
def wang(world):
    return world.person()


def get(person, plan):
    return person.plans.GetVisitPlan(pb.GetVisitPlanRequest(visit_plan_id=plan.id))


def update(person, plan, *stops, etag="", week=""):
    wanted = pb.VisitPlan(id=plan.id, stops=stops, etag=etag, week_start_date=week)
    return person.plans.UpdateVisitPlan(pb.UpdateVisitPlanRequest(visit_plan=wanted))


def amend(person, plan, *stops, reason="shop closed"):
    request = pb.AmendVisitPlanRequest(visit_plan_id=plan.id, stops=stops, reason=reason)
    return person.plans.AmendVisitPlan(request)


def stop(customer, day, id_=""):
    return pb.PlanStop(id=id_, customer_id=customer, visit_date=(MONDAY + timedelta(days=day)).isoformat())


def listed(person, **filters):
    return person.plans.ListVisitPlans(pb.ListVisitPlansRequest(**filters))


@pytest.mark.rule("R010")
def test_a_plan_is_drafted_with_its_routes_and_reads_back_the_same_R010(world, wang):
    shop, kiosk = world.customer(wang), world.customer(wang)
    drafted = wang.draft((shop, 1), (kiosk, 0), (kiosk, 1))
    assert [(s.customer_id, s.visit_date, s.sequence) for s in drafted.stops] == [
        (kiosk, "2026-03-02", 1),
        (shop, "2026-03-03", 1),
        (kiosk, "2026-03-03", 2),
    ]
    assert (drafted.user_id, drafted.unit_id) == (wang.id, EAST)
    assert drafted.state == pb.VisitPlan.STATE_DRAFT
    assert get(wang, drafted) == drafted


@pytest.mark.rule("R014")
def test_a_plan_is_due_at_the_clock_in_deadline_of_the_persons_unit_R014(world, wang):
    assert wang.draft().due_time.ToJsonString() == "2026-03-02T00:30:00Z"
    nine = WorkPolicy(id=NOBODY, clock_in_deadline=time(9))
    with world.database.begin() as connection:
        add_policy(connection, Version(ROOT, MONDAY, nine), world.clock.now())
    assert world.person().draft().due_time.ToJsonString() == "2026-03-02T01:00:00Z"


@pytest.mark.rule("R014")
def test_a_plan_submitted_before_work_is_on_time_and_one_after_is_taken_late_R014(world, wang):
    punctual, tardy = world.person(), wang
    plans = [person.draft((world.customer(person), 2)) for person in (punctual, tardy)]
    world.at(0, 8, 29, 59)
    assert not punctual.submit(plans[0]).submitted_late
    world.at(0, 8, 30)
    late = tardy.submit(plans[1])
    assert late.submitted_late
    assert late.submit_time.ToJsonString() == "2026-03-02T00:30:00Z"
    published = world.facts("visit_plan.submitted", events_pb2.VisitPlanChanged)
    assert [data.submitted_late for _, data in published] == [False, True]


def test_a_late_plan_is_told_to_the_person_and_once_a_day_to_the_nearest_manager(world, wang):
    plan = wang.draft((world.customer(wang), 2))
    world.at(0, 8, 30)
    wang.submit(plan)
    (_, person), (_, manager) = world.facts("notice.raised", NoticeRaised)
    assert (person.template, list(person.recipient_ids)) == ("visitPlans.late", [wang.id])
    assert (person.resource, dict(person.parameters)) == (f"visitPlans/{plan.id}", {"week": "2026-03-02"})
    assert (manager.recipient_permission, manager.nearest_only) == ("visitPlans.read", True)
    assert manager.passed_over_ids == [wang.id]
    assert manager.dedupe_key == f"visitPlans.lateInTeam/{wang.unit}/2026-03-02"


def test_a_submitted_plan_is_published_with_all_its_stops(world, wang):
    shop, kiosk = world.customer(wang), world.customer(wang)
    plan = wang.submitted((shop, 0), (kiosk, 0))
    ((version, data),) = world.facts("visit_plan.submitted", events_pb2.VisitPlanChanged)
    assert version == 2
    assert (data.visit_plan_id, data.user_id, data.unit_id) == (plan.id, wang.id, EAST)
    assert data.week_start_date == "2026-03-02"
    assert [(s.stop_id, s.customer_id, s.visit_date, s.sequence) for s in data.stops] == [
        (plan.stops[0].id, shop, "2026-03-02", 1),
        (plan.stops[1].id, kiosk, "2026-03-02", 2),
    ]


@pytest.mark.rule("R012")
def test_a_submitted_plan_is_locked_R012(world, wang, refused):
    shop = world.customer(wang)
    plan = wang.submitted((shop, 0))
    with refused() as refusal:
        update(wang, plan, stop(shop, 1))
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PLAN_LOCKED")
    with refused() as refusal:
        wang.submit(plan)
    assert refusal.reason == "PLAN_LOCKED"
    assert get(wang, plan) == plan


def test_a_draft_is_rewritten_and_its_stops_keep_their_ids(world, wang):
    shop, kiosk = world.customer(wang), world.customer(wang)
    drafted = wang.draft((shop, 0), (kiosk, 0))
    kept = drafted.stops[0]
    rewritten = update(wang, drafted, stop(kiosk, 3), stop(shop, 0, kept.id), etag=drafted.etag)
    assert [(s.customer_id, s.visit_date[-2:]) for s in rewritten.stops] == [(shop, "02"), (kiosk, "05")]
    assert rewritten.stops[0].id == kept.id
    assert get(wang, drafted) == rewritten
    assert rewritten.etag != drafted.etag


def test_two_stops_may_swap_their_customers(world, wang):
    shop, kiosk = world.customer(wang), world.customer(wang)
    drafted = wang.draft((shop, 0), (kiosk, 0))
    one, two = (item.id for item in drafted.stops)
    rewritten = update(wang, drafted, stop(kiosk, 0, one), stop(shop, 0, two))
    assert [s.customer_id for s in rewritten.stops] == [kiosk, shop]


def test_an_update_of_a_version_that_has_passed_is_refused(world, wang, refused):
    shop = world.customer(wang)
    drafted = wang.draft((shop, 0))
    update(wang, drafted, stop(shop, 1), etag=drafted.etag)
    with refused() as refusal:
        update(wang, drafted, stop(shop, 2), etag=drafted.etag)
    assert refusal.reason == "ETAG_MISMATCH"


def test_if_match_guards_a_submission(world, refused):
    wang = world.person(metadata=[("if-match", '"v7"')])
    plan = wang.draft((world.customer(wang), 0))
    with refused() as refusal:
        wang.submit(plan)
    assert refusal.reason == "ETAG_MISMATCH"


def test_a_plan_never_changes_its_week(world, wang, refused):
    drafted = wang.draft()
    with refused() as refusal:
        update(wang, drafted, week="2026-03-09")
    assert refusal.fields == [("visitPlan.weekStartDate", "FIXED")]


def test_an_update_names_its_plan(wang, refused):
    with refused() as refusal:
        update(wang, pb.VisitPlan())
    assert refusal.fields == [("visitPlan.id", "REQUIRED")]


def test_an_empty_plan_is_not_submitted(wang, refused):
    with refused() as refusal:
        wang.submitted()
    assert refusal.reason == "PLAN_EMPTY"


def test_a_second_plan_for_the_week_is_refused_and_other_weeks_and_people_are_free(world, wang, refused):
    wang.draft()
    with refused() as refusal:
        wang.draft()
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "PLAN_EXISTS")
    wang.draft(week=MONDAY + timedelta(days=7))
    world.person().draft()


def test_of_parallel_drafts_of_one_week_exactly_one_is_kept(wang):
    def draft(_):
        try:
            return wang.draft().id
        except grpc.RpcError as error:
            return error.code()

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(draft, range(6)))
    assert outcomes.count(grpc.StatusCode.ALREADY_EXISTS) == 5


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        ("", ([("visitPlan.weekStartDate", "REQUIRED")], "")),
        ("2026-03-03", ([("visitPlan.weekStartDate", "NOT_A_MONDAY")], "")),
        ("2026-02-30", ([("visitPlan.weekStartDate", "NO_SUCH_DATE")], "")),
        ("9999-12-27", ([("visitPlan.weekStartDate", "TOO_FAR_AHEAD")], "")),
        ("2026-02-16", ([], "WEEK_PASSED")),
    ],
)
def test_a_week_that_cannot_be_planned_is_refused(wang, refused, week, expected):
    with refused() as refusal:
        wang.plans.CreateVisitPlan(pb.CreateVisitPlanRequest(visit_plan=pb.VisitPlan(week_start_date=week)))
    fields, reason = expected
    assert list(refusal.fields) == fields
    assert not reason or refusal.reason == reason


def test_each_stop_that_cannot_stand_in_the_plan_is_named(world, wang, refused):
    shop = world.customer(wang)
    with refused() as refusal:
        wang.draft((shop, 0), (shop, 7), (shop, 0))
    assert refusal.fields == [
        ("visitPlan.stops[0].customerId", "DUPLICATE_CUSTOMER"),
        ("visitPlan.stops[1].visitDate", "OUTSIDE_WEEK"),
        ("visitPlan.stops[2].customerId", "DUPLICATE_CUSTOMER"),
    ]


@pytest.mark.rule("R012")
def test_an_amendment_changes_the_plan_and_stays_in_its_history_R012(world, wang):
    shop, kiosk, market = (world.customer(wang) for _ in range(3))
    plan = wang.submitted((shop, 2), (kiosk, 2))
    stays = stop(shop, 2, plan.stops[0].id)
    amended = amend(wang, plan, stays, stop(market, 4), reason="kiosk closed")
    assert [(s.customer_id, s.visit_date[-2:]) for s in amended.stops] == [(shop, "04"), (market, "06")]
    (amendment,) = amended.amendments
    assert amendment.reason == "kiosk closed"
    assert [s.customer_id for s in amendment.added] == [market]
    assert [s.customer_id for s in amendment.removed] == [kiosk]
    again = amend(wang, plan, stays, reason="ill")
    assert [item.reason for item in again.amendments] == ["kiosk closed", "ill"]
    assert get(wang, plan) == again
    published = world.facts("visit_plan.amended", events_pb2.VisitPlanChanged)
    assert [(version, len(data.stops)) for version, data in published] == [(3, 2), (4, 1)]


@pytest.mark.rule("R012")
@pytest.mark.parametrize("reason", ["  ", "\n\t", "\u3000"])
def test_blanks_are_no_reason_to_change_a_plan_R012(world, wang, refused, reason):
    shop = world.customer(wang)
    plan = wang.submitted((shop, 2))
    with refused() as refusal:
        amend(wang, plan, stop(shop, 3), reason=reason)
    assert refusal.fields == [("reason", "REQUIRED")]
    assert get(wang, plan) == plan


@pytest.mark.rule("R012")
def test_a_stop_of_a_day_that_has_passed_is_not_taken_out_R012(world, wang, refused):
    shop, kiosk = world.customer(wang), world.customer(wang)
    plan = wang.submitted((shop, 0), (kiosk, 3))
    world.at(1, 0)
    with refused() as refusal:
        amend(wang, plan, stop(kiosk, 3, plan.stops[1].id))
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "STOP_BEGUN")
    assert shop in refusal.words
    assert get(wang, plan) == plan


def test_a_draft_is_not_amended(world, wang, refused):
    shop = world.customer(wang)
    with refused() as refusal:
        amend(wang, wang.draft((shop, 0)), stop(shop, 1))
    assert refusal.reason == "PLAN_NOT_SUBMITTED"


def test_an_id_that_the_plan_does_not_have_is_refused(world, wang, refused):
    shop = world.customer(wang)
    plan = wang.submitted((shop, 0))
    with refused() as refusal:
        amend(wang, plan, stop(shop, 1, NOBODY))
    assert refusal.fields == [("stops[0].id", "UNKNOWN_STOP")]


def test_the_history_of_a_plan_can_be_neither_changed_nor_deleted(world, wang):
    shop = world.customer(wang)
    plan = wang.submitted((shop, 0))
    amend(wang, plan, stop(shop, 1))
    for statement in (
        "UPDATE visit_plan_amendments SET reason = 'other'",
        "DELETE FROM visit_plan_amendments",
    ):
        with pytest.raises(DBAPIError), world.database.begin() as connection:
            connection.execute(text(statement))


def test_a_plan_is_read_inside_the_scope_and_written_by_its_person_alone(world, wang, refused):
    shop = world.customer(wang)
    plan = wang.draft((shop, 0))
    manager = world.person(unit=ROOT, scope=Scope.SUBTREE)
    assert get(manager, plan) == plan
    with refused() as refusal:
        manager.submit(plan)
    assert refusal.status is grpc.StatusCode.NOT_FOUND
    for stranger in (world.person(), world.person(unit=WEST, scope=Scope.UNIT)):
        with refused() as refusal:
            get(stranger, plan)
        assert refusal.status is grpc.StatusCode.NOT_FOUND


def test_nobody_learns_by_trying_which_customers_stand_in_somebody_elses_plan(world, wang, refused):
    shop = world.customer(wang)
    plan = wang.submitted((shop, 0))
    stranger = world.person(unit=WEST)
    refusals = []
    for customer in (shop, world.customer(wang)):
        for attempt in (update, amend):
            with refused() as refusal:
                attempt(stranger, plan, stop(customer, 0))
            refusals.append(refusal.reason)
    assert set(refusals) == {"CUSTOMER_NOT_FOUND"}


def test_plans_are_listed_page_by_page_newest_week_first_inside_the_scope(world, wang):
    world.person(unit=WEST).draft()
    weeks = [MONDAY + timedelta(days=7 * number) for number in range(3)]
    colleague = world.person()
    drafted = [person.draft(week=week) for person in (wang, colleague) for week in weeks]
    manager = world.person(unit=EAST, scope=Scope.SUBTREE)
    pages, token = [], ""
    while True:
        page = listed(manager, page_size=4, page_token=token)
        pages.append([(plan.week_start_date, plan.id) for plan in page.visit_plans])
        token = page.next_page_token
        if not token:
            break
    assert [len(page) for page in pages] == [4, 2]
    assert [plan for page in pages for plan in page] == sorted(
        ((p.week_start_date, p.id) for p in drafted), reverse=True
    )
    assert len(listed(wang).visit_plans) == 3
    assert len(listed(manager, user_id=wang.id, week_start_date="2026-03-09").visit_plans) == 1


def test_a_plan_is_a_persons_not_a_machines(world, refused):
    with refused() as refusal:
        world.person(person=False).draft()
    assert refusal.reason == "PERSON_REQUIRED"
