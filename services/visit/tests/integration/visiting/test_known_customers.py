import grpc
import pytest
from chassis.access import Scope
from chassis.events import Received
from journeyman.customer.v1 import events_pb2
from journeyman.events.v1 import feed_pb2
from visit.customers.feed import apply

EAST = "00000000-0000-7000-8000-0000000000a1"
WEST = "00000000-0000-7000-8000-0000000000a2"
SHOP = "00000000-0000-7000-8000-00000000c001"


@pytest.fixture
def wang(world):
    return world.person()


def hear(world, *events):
    """Apply customer's events: (version, fields of the customer)."""
    received = [
        Received(
            feed_pb2.Event(aggregate_version=version),
            events_pb2.CustomerChanged(**{"customer_id": SHOP, "unit_id": EAST, "active": True, **fields}),
        )
        for version, fields in events
    ]
    with world.database.begin() as connection:
        apply(connection, received)


def test_a_customer_of_which_an_event_told_is_found_without_asking(world, wang):
    hear(world, (1, {"owner_id": wang.id}))
    wang.draft((SHOP, 0))
    assert world.customers.asked == []


def test_a_customer_of_which_no_event_has_told_yet_is_asked_for_once(world, wang):
    shop = world.customer(wang)
    wang.draft((shop, 0), (shop, 1))
    assert world.customers.asked == [shop]


def test_a_customer_that_customer_does_not_have_is_not_found(wang, refused):
    with refused() as refusal:
        wang.draft((SHOP, 0))
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "CUSTOMER_NOT_FOUND")
    assert SHOP in refusal.words


def test_nothing_is_decided_while_customer_cannot_be_asked(world, wang, customer_server, refused):
    customer_server.stop(None).wait()
    with refused() as refusal:
        wang.draft((SHOP, 0))
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")
    hear(world, (1, {"owner_id": wang.id}))
    wang.draft((SHOP, 0))


def test_an_older_event_changes_nothing(world, wang):
    hear(world, (2, {"owner_id": wang.id}))
    hear(world, (1, {"owner_id": "", "active": False}))
    wang.draft((SHOP, 0))


@pytest.mark.parametrize("fields", [{"active": False}, {"unit_id": WEST, "owner_id": ""}])
def test_a_customer_given_up_or_outside_the_callers_scope_is_not_found(world, refused, fields):
    manager = world.person(scope=Scope.UNIT)
    hear(world, (1, {"owner_id": manager.id, **fields}))
    with refused() as refusal:
        manager.draft((SHOP, 0))
    assert refusal.reason == "CUSTOMER_NOT_FOUND"
    assert world.customers.asked == [SHOP]


def test_a_customer_that_has_just_changed_hands_may_be_visited_at_once(world, wang):
    shop = world.customer(wang)
    hear(world, (1, {"customer_id": shop, "owner_id": WEST, "unit_id": WEST}))
    assert wang.draft((shop, 0)).id
    assert world.customers.asked == [shop]


def test_a_stop_whose_customer_went_to_somebody_else_may_stay_in_the_plan(world, wang):
    hear(world, (1, {"owner_id": wang.id}))
    plan = wang.draft((SHOP, 0))
    hear(world, (2, {"owner_id": WEST}))
    assert wang.rewrite(plan, (SHOP, 1)).stops[0].visit_date == "2026-03-03"
