from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta

import grpc
import pytest
from chassis.access import Scope
from chassis.events import store_newer
from directory.tables import units, users
from journeyman.notices.v1.events_pb2 import NoticeRaised
from journeyman.visit.v1 import events_pb2
from journeyman.visit.v1 import visit_plans_pb2 as pb
from visit.visit_plans import PlansFollow
from visit.visits import begun_stops

from directory import HandOver, Move

EAST = "00000000-0000-7000-8000-0000000000a1"
WEST = "00000000-0000-7000-8000-0000000000a2"
MONDAY = date(2026, 3, 2)
TUESDAY = 1


@pytest.fixture
def move(world):
    """Tells the service that a person moves now; returns the person with a token of the new unit."""
    follow = PlansFollow(begun_stops).move

    def tell(person, unit=WEST):
        with world.database.begin() as connection:
            follow(connection, Move(person.id, person.unit, unit, world.clock.now()))
        return world.person(user=person.id, unit=unit)

    return tell


@pytest.fixture
def managers(world):
    """Who sees the unit that is left, and who sees the new one."""
    return tuple(world.person(unit=unit, scope=Scope.UNIT) for unit in (EAST, WEST))


def seen(person, plan):
    listed = person.plans.ListVisitPlans(pb.ListVisitPlansRequest()).visit_plans
    return plan.id in {found.id for found in listed}


def get(person, plan):
    return person.plans.GetVisitPlan(pb.GetVisitPlanRequest(visit_plan_id=plan.id))


def test_a_plan_that_is_made_while_its_person_moves_is_made_in_the_new_unit(world):
    wang = world.person()
    customer = world.customer(wang)
    account = {"id": wang.id, "active": True, "kind": "EMPLOYEE", "role_codes": []}
    with ThreadPoolExecutor(1) as pool:
        with world.database.begin() as connection:
            store_newer(connection, users, [account | {"unit_id": WEST, "version": 2}])
            PlansFollow(begun_stops).move(connection, Move(wang.id, EAST, WEST, world.clock.now()))
            making = pool.submit(wang.draft, (customer, 2))  # with the token of the former unit
            assert wait([making], timeout=0.5).not_done
        assert making.result().unit_id == WEST


def test_open_plans_go_with_their_person_and_those_that_are_over_stay(world, move, managers, refused):
    wang = world.person()
    customer = world.customer(wang)
    world.at(-7, 8)
    over = wang.submit(wang.draft((customer, 0), week=MONDAY - timedelta(days=7)))
    world.at(0, 7)
    this_week = wang.submitted((customer, 2))
    draft = wang.draft((customer, 0), week=MONDAY + timedelta(days=7))
    former, new = managers
    assert [seen(former, plan) for plan in (over, this_week, draft)] == [True, True, True]
    move(wang)
    assert [seen(former, plan) for plan in (over, this_week, draft)] == [True, False, False]
    assert [seen(new, plan) for plan in (over, this_week, draft)] == [False, True, True]
    assert get(new, this_week).unit_id == WEST
    with refused() as refusal:
        get(former, this_week)
    assert refusal.status is grpc.StatusCode.NOT_FOUND


def test_stops_that_have_begun_count_for_the_unit_that_was_left(world, move):
    wang = world.person()
    first, second, third = (world.customer(wang) for _ in range(3))
    world.at(0, 7)
    plan = wang.submitted((first, 0), (first, TUESDAY), (second, TUESDAY), (third, TUESDAY), (third, 2))
    world.at(TUESDAY, 9)
    wang.check_in(wang.open(first))
    wang.open(second)  # on the way
    world.at(TUESDAY, 10)
    moved = move(wang)
    version, fact = world.facts("visit_plan.moved", events_pb2.VisitPlanChanged)[-1]
    assert (version, fact.unit_id) == (3, WEST)
    assert [stop.unit_id for stop in fact.stops] == [EAST, EAST, WEST, WEST, WEST]
    moved.plans.AmendVisitPlan(
        pb.AmendVisitPlanRequest(visit_plan_id=plan.id, stops=[*plan.stops][:-1], reason="shop closed")
    )
    _, fact = world.facts("visit_plan.amended", events_pb2.VisitPlanChanged)[-1]
    assert [stop.unit_id for stop in fact.stops] == [EAST, EAST, WEST, WEST]


def test_a_visit_on_the_way_is_made_for_the_new_unit_and_one_that_has_begun_is_not(world, move):
    wang = world.person()
    world.at(0, 9)
    begun, on_the_way = (wang.open(world.customer(wang)) for _ in range(2))
    wang.check_in(begun)
    moved = move(wang)
    moved.submit_checklist(begun)
    moved.complete(begun)
    assert moved.get(begun).unit_id == EAST
    assert moved.check_in(on_the_way).unit_id == WEST


def test_a_draft_that_moved_is_nobodys_news(world, move):
    wang = world.person()
    wang.draft((world.customer(wang), 0))
    move(wang)
    assert world.facts("visit_plan.moved", events_pb2.VisitPlanChanged) == []


def test_a_move_leaves_the_plans_of_others_alone(world, move, managers):
    wang, li = world.person(), world.person()
    plan = li.draft((world.customer(li), 0))
    move(wang)
    assert seen(managers[0], plan)


@pytest.fixture
def hand_over(world):
    """Tells the service that what a person has goes to somebody else now."""

    def tell(person, successor):
        with world.database.begin() as connection:
            handed = HandOver(person.id, successor.id, successor.unit, world.clock.now())
            PlansFollow(begun_stops).hand_over(connection, handed)

    return tell


def test_the_plans_of_who_leaves_keep_what_has_begun_and_the_successor_is_told(world, hand_over):
    wang, li = world.person(), world.person()
    first, second = (world.customer(wang) for _ in range(2))
    world.at(0, 7)
    plan = wang.submitted((first, 0), (first, TUESDAY), (second, TUESDAY), (second, 2))
    draft = wang.draft((first, 0), week=MONDAY + timedelta(days=7))
    world.at(TUESDAY, 9)
    wang.check_in(wang.open(first))
    world.at(TUESDAY, 10)
    hand_over(wang, li)
    kept = get(wang, plan)
    assert [stop.customer_id for stop in kept.stops] == [first, first]
    assert [amendment.reason for amendment in kept.amendments] == ["HANDED_OVER"]
    assert len(get(wang, draft).stops) == 1
    version, fact = world.facts("visit_plan.amended", events_pb2.VisitPlanChanged)[-1]
    assert (version, len(fact.stops)) == (3, 2)
    ((_, told),) = world.facts("notice.raised", NoticeRaised)
    assert (told.template, list(told.recipient_ids)) == ("visitPlans.handedOver", [li.id])
    assert dict(told.parameters) == {"user": wang.id, "week": "2026-03-02", "count": "2"}
    hand_over(wang, li)
    assert get(wang, plan) == kept


def test_a_plan_of_another_section_ends_and_nobody_there_is_told(world, hand_over):
    wang, li = world.person(), world.person(unit=WEST)
    world.at(0, 7)
    plan = wang.submitted((world.customer(wang), 2))
    with world.database.begin() as connection:
        row = {"parent_id": None, "kind": "SECTION", "code": "", "version": 1}
        store_newer(connection, units, [{"id": EAST, **row}, {"id": WEST, **row}])
    hand_over(wang, li)
    assert get(wang, plan).stops == []
    assert world.facts("notice.raised", NoticeRaised) == []
