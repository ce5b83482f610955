from concurrent.futures import ThreadPoolExecutor
from datetime import date, time

import grpc
import pytest
from chassis.access import Scope
from chassis.effective import Version
from google.type import latlng_pb2
from journeyman.types.v1 import position_pb2
from journeyman.visit.v1 import events_pb2, photos_pb2
from journeyman.visit.v1 import visit_plans_pb2 as plans_pb
from journeyman.visit.v1 import visits_pb2 as pb
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from visit.work_policies.rules import WorkPolicy
from visit.work_policies.store import add as add_policy

MONDAY = date(2026, 3, 2)
ROOT = "00000000-0000-7000-8000-0000000000a0"
EAST = "00000000-0000-7000-8000-0000000000a1"
WEST = "00000000-0000-7000-8000-0000000000a2"
FRONT, DISPLAY = photos_pb2.Photo.KIND_FRONT, photos_pb2.Photo.KIND_DISPLAY
ITEMS = (
    "display_tidied",
    "products_cleaned",
    "posm_tidied",
    "promotion_introduced",
    "competitor_activity_learned",
    "sell_through_learned",
)


@pytest.fixture
def wang(world):
    return world.person()


def published(world):
    return [data for _, data in world.facts("visit.completed", events_pb2.VisitCompleted)]


def together(count, call):
    """Call `count` times in parallel. Returns the states of answers, and of refusals the reasons."""

    def attempt(number):
        try:
            return call(number)
        except grpc.RpcError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))


@pytest.mark.rule("R011")
def test_a_visit_is_scheduled_by_a_submitted_plan_for_today_and_ad_hoc_otherwise_R011(world, wang):
    shop, tomorrows, unplanned = (world.customer(wang) for _ in range(3))
    plan = wang.draft((shop, 0), (tomorrows, 1))
    world.at(0, 7)
    assert wang.open(shop).kind == pb.Visit.KIND_AD_HOC  # a draft plans nothing
    wang.submit(plan)
    scheduled = wang.open(shop)
    assert (scheduled.kind, scheduled.plan_stop_id) == (pb.Visit.KIND_SCHEDULED, plan.stops[0].id)
    for customer in (tomorrows, unplanned):
        visit = wang.open(customer)
        assert (visit.kind, visit.plan_stop_id) == (pb.Visit.KIND_AD_HOC, "")


def test_a_whole_visit_goes_through_all_its_states(world, wang):
    shop = world.customer(wang)
    wang.submitted((shop, 0))
    world.at(0, 9)
    visit = wang.open(shop)
    assert (visit.state, visit.visit_date, visit.user_id, visit.unit_id) == (
        pb.Visit.STATE_OPEN,
        "2026-03-02",
        wang.id,
        EAST,
    )
    world.at(0, 9, 5)
    here = position_pb2.Position(
        location=latlng_pb2.LatLng(latitude=31.2, longitude=121.5), accuracy_meters=8
    )
    visit = wang.check_in(visit, position=here)
    assert visit.state == pb.Visit.STATE_IN_PROGRESS
    assert visit.check_in_time.ToJsonString() == "2026-03-02T01:05:00Z"
    assert visit.check_in_position.location.latitude == 31.2
    world.at(0, 9, 10)
    visit = wang.submit_checklist(visit)
    assert visit.checklist_time.ToJsonString() == "2026-03-02T01:10:00Z"
    wang.take_photo(visit, FRONT)
    wang.take_photo(visit, DISPLAY)
    world.at(0, 9, 20)
    notes = {"customer_opinion": "陈列很好", "in_store_sales": "brisk", "competitor_information": "-5 %"}
    visit = wang.complete(visit, **notes)
    assert (visit.state, visit.valid, visit.in_sequence) == (pb.Visit.STATE_COMPLETED, True, True)
    assert visit.complete_time.ToJsonString() == "2026-03-02T01:20:00Z"
    assert {name: getattr(visit, name) for name in notes} == notes
    assert [photo.kind for photo in visit.photos] == [FRONT, DISPLAY]
    world.at(0, 9, 21)
    visit = wang.check_out(visit)
    assert visit.state == pb.Visit.STATE_CHECKED_OUT
    assert visit.check_out_time.ToJsonString() == "2026-03-02T01:21:00Z"
    assert wang.get(visit) == visit


def test_a_completed_visit_is_published_once(world, wang):
    shop = world.customer(wang)
    plan = wang.submitted((shop, 0))
    world.at(0, 9)
    visit = wang.visited(shop)
    (data,) = published(world)
    assert data == events_pb2.VisitCompleted(
        visit_id=visit.id,
        user_id=wang.id,
        unit_id=EAST,
        customer_id=shop,
        visit_date="2026-03-02",
        plan_stop_id=plan.stops[0].id,
        valid=True,
        in_sequence=True,
        counted=True,
    )


@pytest.mark.rule("R021")
@pytest.mark.rule("R023")
@pytest.mark.parametrize(
    ("kinds", "reasons"),
    [([FRONT], ["NO_DISPLAY_PHOTO"]), ([DISPLAY], ["NO_FRONT_PHOTO"])],
)
def test_a_visit_without_one_of_its_two_photos_is_not_valid_R021_R023(world, wang, kinds, reasons):
    world.at(0, 9)
    visit = wang.visited(world.customer(wang), *kinds)
    assert not visit.valid
    assert [pb.InvalidReason.Name(item) for item in visit.invalid_reasons] == [
        f"INVALID_REASON_{reason}" for reason in reasons
    ]
    (data,) = published(world)
    assert (data.valid, list(data.invalid_reasons)) == (False, reasons)


@pytest.mark.rule("R017")
@pytest.mark.rule("R018")
def test_every_item_of_the_checklist_that_is_not_ticked_is_named_R017_R018(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    wang.check_in(visit)
    with refused() as refusal:
        wang.submit_checklist(visit, pb.Checklist(products_cleaned=True))
    assert refusal.status is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.fields == [
        ("checklist.displayTidied", "NOT_TICKED"),
        ("checklist.posmTidied", "NOT_TICKED"),
        ("checklist.promotionIntroduced", "NOT_TICKED"),
        ("checklist.competitorActivityLearned", "NOT_TICKED"),
        ("checklist.sellThroughLearned", "NOT_TICKED"),
    ]
    assert not wang.get(visit).HasField("checklist_time")


@pytest.mark.rule("R019")
def test_exceptions_are_kept_as_chosen_and_each_once_R019(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    wang.check_in(visit)
    ticked = dict.fromkeys(ITEMS, True)
    price, tidiness = pb.Checklist.EXCEPTION_PRICE, pb.Checklist.EXCEPTION_TIDINESS
    with refused() as refusal:
        wang.submit_checklist(visit, pb.Checklist(exceptions=[price, price], **ticked))
    assert refusal.fields == [("checklist.exceptions", "REPEATED_UNIQUE")]
    wang.submit_checklist(visit, pb.Checklist(exceptions=[price, tidiness], **ticked))
    assert set(wang.get(visit).checklist.exceptions) == {price, tidiness}


@pytest.mark.rule("R016")
def test_without_checklist_there_are_no_photos_and_no_completion_R016(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    wang.check_in(visit)
    for attempt in (lambda: wang.begin_photo(visit, FRONT), lambda: wang.complete(visit)):
        with refused() as refusal:
            attempt()
        assert (refusal.status, refusal.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "CHECKLIST_MISSING",
        )


def test_each_step_is_refused_in_the_wrong_state(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    for attempt, reason in (
        (wang.submit_checklist, "VISIT_NOT_IN_PROGRESS"),
        (lambda v: wang.begin_photo(v, FRONT), "VISIT_NOT_IN_PROGRESS"),
        (wang.complete, "VISIT_NOT_IN_PROGRESS"),
        (wang.check_out, "VISIT_NOT_COMPLETED"),
    ):
        with refused() as refusal:
            attempt(visit)
        assert refusal.reason == reason
    wang.check_in(visit)
    wang.submit_checklist(visit)
    for attempt, reason in (
        (wang.check_in, "VISIT_NOT_OPEN"),
        (wang.submit_checklist, "CHECKLIST_SUBMITTED"),
    ):
        with refused() as refusal:
            attempt(visit)
        assert refusal.reason == reason
    wang.complete(visit)
    with refused() as refusal:
        wang.complete(visit)
    assert refusal.reason == "VISIT_NOT_IN_PROGRESS"
    assert len(published(world)) == 1


def test_one_visit_is_in_progress_at_a_time(world, wang, refused):
    world.at(0, 9)
    first, second = (wang.open(world.customer(wang)) for _ in range(2))
    wang.check_in(first)
    with refused() as refusal:
        wang.check_in(second)
    assert refusal.reason == "VISIT_IN_PROGRESS"
    wang.submit_checklist(first)
    wang.complete(first)
    wang.check_in(second)


def test_of_parallel_check_ins_of_a_person_exactly_one_succeeds(world, wang):
    world.at(0, 9)
    visits = [wang.open(world.customer(wang)) for _ in range(5)]
    outcomes = together(5, lambda number: wang.check_in(visits[number]))
    assert sum(isinstance(outcome, pb.Visit) for outcome in outcomes) == 1
    refusals = {outcome.code() for outcome in outcomes if isinstance(outcome, grpc.RpcError)}
    assert refusals == {grpc.StatusCode.FAILED_PRECONDITION}


def test_a_planned_stop_is_visited_once(world, wang, refused):
    shop = world.customer(wang)
    wang.submitted((shop, 0))
    world.at(0, 9)
    wang.visited(shop)
    with refused() as refusal:
        wang.open(shop)
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "STOP_ALREADY_VISITED")


def test_of_parallel_visits_to_one_stop_exactly_one_is_opened(world, wang):
    shop = world.customer(wang)
    wang.submitted((shop, 0))
    world.at(0, 9)
    outcomes = together(5, lambda _: wang.open(shop))
    assert sum(isinstance(outcome, pb.Visit) for outcome in outcomes) == 1
    refusals = {outcome.code() for outcome in outcomes if isinstance(outcome, grpc.RpcError)}
    assert refusals == {grpc.StatusCode.ALREADY_EXISTS}


@pytest.mark.rule("R010")
def test_a_stop_visited_after_one_behind_it_is_out_of_sequence_R010(world, wang):
    shops = [world.customer(wang) for _ in range(3)]
    wang.submitted(*[(shop, 0) for shop in shops])
    world.at(0, 9)
    kept = [wang.visited(shops[number]).in_sequence for number in (0, 2, 1)]
    assert kept == [True, True, False]
    assert [data.in_sequence for data in published(world)] == kept


@pytest.mark.rule("R011")
def test_an_ad_hoc_visit_counts_unless_the_units_policy_says_no_R011(world, wang):
    world.at(0, 9)
    visit = wang.visited(world.customer(wang))
    assert (visit.kind, visit.in_sequence) == (pb.Visit.KIND_AD_HOC, False)
    strict = WorkPolicy(id=WEST, clock_in_deadline=time(9), counts_ad_hoc_visits=False)
    with world.database.begin() as connection:
        add_policy(connection, Version(ROOT, MONDAY, strict), world.clock.now())
    wang.visited(world.customer(wang))
    assert [data.counted for data in published(world)] == [True, False]


@pytest.mark.rule("R012")
def test_a_stop_is_amended_until_somebody_checks_in_there_R012(world, wang, refused):
    shop, kiosk, market = (world.customer(wang) for _ in range(3))
    plan = wang.submitted((shop, 0), (kiosk, 0))
    world.at(0, 9)
    to_shop, to_kiosk = wang.open(shop), wang.open(kiosk)
    wang.check_in(to_shop)
    replaced = [plans_pb.PlanStop(customer_id=market, visit_date="2026-03-02")]
    with refused() as refusal:
        amend(wang, plan, replaced)
    assert refusal.reason == "STOP_BEGUN"
    assert shop in refusal.words
    amend(wang, plan, [plan.stops[0], *replaced])
    assert wang.get(to_kiosk).kind == pb.Visit.KIND_AD_HOC
    assert wang.get(to_shop).plan_stop_id == plan.stops[0].id


def amend(person, plan, stops):
    request = plans_pb.AmendVisitPlanRequest(visit_plan_id=plan.id, stops=stops, reason="closed")
    return person.plans.AmendVisitPlan(request)


def test_a_visit_opened_yesterday_belongs_to_the_day_of_its_check_in(world, wang):
    shop = world.customer(wang)
    plan = wang.submitted((shop, 0), (shop, 1))
    world.at(0, 23, 59)
    visit = wang.open(shop)
    assert visit.plan_stop_id == plan.stops[0].id
    world.at(1, 9)
    visit = wang.check_in(visit)
    assert (visit.visit_date, visit.plan_stop_id) == ("2026-03-03", plan.stops[1].id)


def test_a_position_that_is_none_is_refused(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    with refused() as refusal:
        wang.check_in(visit, position=position_pb2.Position(location=latlng_pb2.LatLng(latitude=91)))
    assert refusal.fields == [("position", "IMPOSSIBLE_POSITION")]


def test_a_customer_outside_the_callers_scope_is_not_visited(world, wang, refused):
    with refused() as refusal:
        wang.open(world.customers.add(owner=WEST, unit=EAST))
    assert refusal.reason == "CUSTOMER_NOT_FOUND"


def test_a_visit_is_read_inside_the_scope_and_made_by_its_person_alone(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    manager = world.person(unit=ROOT, scope=Scope.SUBTREE)
    assert manager.get(visit) == visit
    for attempt in (manager.check_in, manager.submit_checklist, manager.complete, manager.check_out):
        with refused() as refusal:
            attempt(visit)
        assert refusal.status is grpc.StatusCode.NOT_FOUND
    for stranger in (world.person(), world.person(unit=WEST, scope=Scope.UNIT)):
        with refused() as refusal:
            stranger.get(visit)
        assert refusal.status is grpc.StatusCode.NOT_FOUND


def test_a_visit_is_made_by_a_person_and_not_by_a_machine(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    machine = world.person(user="finance-erp", unit="", scope=Scope.ALL, person=False)
    assert machine.get(visit) == visit
    for attempt in (machine.check_in, machine.submit_checklist, machine.complete, machine.check_out):
        with refused() as refusal:
            attempt(visit)
        assert refusal.reason == "PERSON_REQUIRED"


def test_if_match_guards_a_step(world, refused):
    guarded = world.person(metadata=[("if-match", '"v1"')])
    visit = guarded.open(world.customer(guarded))
    guarded.check_in(visit)
    with refused() as refusal:
        guarded.submit_checklist(visit)
    assert refusal.reason == "ETAG_MISMATCH"


def test_visits_are_listed_page_by_page_newest_day_first_inside_the_scope(world, wang):
    shops = [world.customer(wang) for _ in range(2)]
    other = world.person(unit=WEST)
    world.at(0, 9)
    other.open(world.customer(other))
    opened = []
    for day in range(3):
        world.at(day, 9)
        opened += [wang.open(shop) for shop in shops]
    manager = world.person(unit=EAST, scope=Scope.SUBTREE)
    pages, token = [], ""
    while True:
        page = listed(manager, page_size=4, page_token=token)
        pages.append([visit.id for visit in page.visits])
        token = page.next_page_token
        if not token:
            break
    newest_first = sorted(opened, key=lambda visit: (visit.visit_date, visit.id), reverse=True)
    assert pages == [[v.id for v in newest_first[:4]], [v.id for v in newest_first[4:]]]
    tuesday = listed(manager, from_date="2026-03-03", to_date="2026-03-03", customer_id=shops[0])
    assert [visit.id for visit in tuesday.visits] == [opened[2].id]
    assert len(listed(wang).visits) == 6
    assert len(listed(manager, user_id=other.id).visits) == 0


def listed(person, **filters):
    return person.visits.ListVisits(pb.ListVisitsRequest(**filters))


def test_the_database_itself_keeps_one_visit_in_progress_and_one_per_stop(world, wang):
    shop = world.customer(wang)
    wang.submitted((shop, 0))
    world.at(0, 9)
    wang.check_in(wang.open(shop))
    again = "INSERT INTO visits SELECT * FROM jsonb_populate_record({row}, jsonb_build_object({change}))"
    row = "(SELECT visits FROM visits)"
    for change in ("'state', 'OPEN'", "'plan_stop_id', NULL"):
        statement = again.format(row=row, change=f"'id', gen_random_uuid(), {change}")
        with pytest.raises(IntegrityError, match="visits_"), world.database.begin() as connection:
            connection.execute(text(statement))
