import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from chassis.events import Received
from customer.distributions.moves import FOLLOWERS
from directory.feed import apply
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.timestamp_pb2 import Timestamp
from journeyman.customer.v1 import customers_pb2, events_pb2
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import events_pb2 as identity_events
from sqlalchemy import text

MOVED_AT = datetime(2026, 3, 3, 9, tzinfo=UTC)


@pytest.fixture
def moving(parts):
    """Tells the service, as identity's event does, that somebody belongs to a unit from now on."""
    (subscription,) = parts.subscriptions

    def tell(connection, user_id, unit_id, version=2):
        event = feed_pb2.Event(aggregate_version=version, time=Timestamp(seconds=int(MOVED_AT.timestamp())))
        data = identity_events.UserChanged(user_id=user_id, unit_id=unit_id, active=True, kind="EMPLOYEE")
        subscription.apply(connection, [Received(event, data)])

    return tell


@pytest.fixture
def move(database, moving):
    def tell(user_id, unit_id, version=2):
        with database.begin() as connection:
            moving(connection, user_id, unit_id, version)

    return tell


def wait_for_a_lock(database):
    """Return once somebody waits for a row of this database."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    give_up = time.monotonic() + 20
    with database.reading() as connection:
        while not connection.execute(waiting).scalar_one():
            assert time.monotonic() < give_up
            time.sleep(0.02)


def create(stub, name, **fields):
    customer = customers_pb2.Customer(name=name, **fields)
    return stub.CreateCustomer(customers_pb2.CreateCustomerRequest(customer=customer))


def get(stub, customer):
    return stub.GetCustomer(customers_pb2.GetCustomerRequest(customer_id=customer.id))


def events(database, customer):
    query = text("SELECT aggregate_version, occurred_at, data FROM outbox WHERE subject = :id ORDER BY seq")
    with database.reading() as connection:
        rows = connection.execute(query, {"id": customer.id}).all()
    found = []
    for row in rows:
        data = events_pb2.CustomerChanged()
        if Packed.FromString(bytes(row.data)).Unpack(data):
            found.append((row.aggregate_version, row.occurred_at, data.unit_id, data.owner_id))
    return found


def test_customers_follow_their_owner_and_others_stay(client, org, move, database):
    everywhere = client()
    own, archived = create(everywhere, "甲"), create(everywhere, "乙")
    everywhere.UpdateCustomer(
        customers_pb2.UpdateCustomerRequest(
            customer=customers_pb2.Customer(id=archived.id, state=customers_pb2.Customer.STATE_ARCHIVED)
        )
    )
    colleagues = create(everywhere, "丙", owner_id=org.colleague)
    for_another_unit = create(everywhere, "丁", unit_id=org.pudong)
    move(org.rep, org.hangzhou)
    moved = get(everywhere, own)
    assert (moved.unit_id, moved.owner_id, moved.etag) == (org.hangzhou, org.rep, '"v2"')
    assert moved.update_time.ToDatetime(UTC) == MOVED_AT
    assert get(everywhere, archived).unit_id == org.hangzhou
    assert get(everywhere, colleagues) == colleagues
    assert get(everywhere, for_another_unit) == for_another_unit
    assert events(database, own)[1:] == [(2, MOVED_AT, org.hangzhou, org.rep)]
    assert len(events(database, for_another_unit)) == 1


def test_nobody_is_given_a_customer_for_the_unit_that_they_leave(
    client, org, database, refusal, move, moving
):
    everywhere = client()
    customer = create(everywhere, "甲", owner_id=org.colleague)
    move(org.rep, org.shanghai)
    wanted = customers_pb2.Customer(id=customer.id, owner_id=org.rep)
    request = customers_pb2.UpdateCustomerRequest(customer=wanted)
    with ThreadPoolExecutor(1) as pool:
        with database.begin() as connection:
            moving(connection, org.rep, org.hangzhou, version=3)
            giving = pool.submit(everywhere.UpdateCustomer, request)
            wait_for_a_lock(database)
        assert giving.result().unit_id == org.hangzhou


def test_the_former_unit_no_longer_sees_customers_that_followed(client, org, move, refusal):
    customer = create(client(), "甲")
    there, here = (
        client(unit=unit, subject=org.colleague, scope="UNIT") for unit in (org.hangzhou, org.shanghai)
    )
    assert get(here, customer)
    move(org.rep, org.hangzhou)
    assert get(there, customer).unit_id == org.hangzhou
    assert refusal(lambda: get(here, customer))[0].name == "NOT_FOUND"


def test_a_change_of_the_account_that_is_no_move_leaves_the_customers_alone(client, org, move):
    customer = create(client(), "甲", unit_id=org.pudong)
    own = create(client(), "乙")
    move(org.rep, org.shanghai)
    assert (get(client(), customer), get(client(), own)) == (customer, own)


def test_a_move_takes_effect_once(client, org, move, database):
    customer = create(client(), "甲")
    move(org.rep, org.hangzhou)
    move(org.rep, org.hangzhou)
    assert len(events(database, customer)) == 2


def test_the_service_follows_moves(parts):
    (subscription,) = parts.subscriptions
    assert subscription.apply.keywords == {"followers": FOLLOWERS}
    assert subscription.apply.func is apply
