import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import grpc
import pytest
from chassis.events import Received
from chassis.events import store_newer as store
from customer.customers.tables import customers
from directory.tables import units
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.timestamp_pb2 import Timestamp
from journeyman.customer.v1 import customers_pb2, distributions_pb2_grpc, events_pb2
from journeyman.customer.v1 import distributions_pb2 as pb
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import events_pb2 as identity_events
from journeyman.notices.v1 import events_pb2 as notices_pb2
from journeyman.work.v1 import work_pb2, work_pb2_grpc
from sqlalchemy import text

pytestmark = pytest.mark.usefixtures("sections")
AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
MARKETER = "00000000-0000-7000-8000-000000000099"
State = pb.CustomerDistribution
SELLING = ("customers.update", "customers.read", "customerDistributions.read", "customerDistributions.write")
DISTRIBUTING = ("customers.distribute", "customers.read", "customerDistributions.read")


@pytest.fixture
def rep(open_channel, org):
    """A salesperson of Shanghai."""
    channel = open_channel(*SELLING, subject=org.rep, unit=org.shanghai, scope="SELF")
    return distributions_pb2_grpc.CustomerDistributionServiceStub(channel)


@pytest.fixture
def distributor(open_channel, org):
    """Who distributes over a unit and what is below it."""

    def over(unit=org.root):
        channel = open_channel(*DISTRIBUTING, subject=MARKETER, unit=unit, scope="SUBTREE")
        return distributions_pb2_grpc.CustomerDistributionServiceStub(channel)

    return over


@pytest.fixture
def marketing(distributor):
    return distributor()


@pytest.fixture
def follow(database, parts):
    """Tells the service what identity publishes."""
    (subscription,) = parts.subscriptions

    def tell(*data, version=2):
        event = feed_pb2.Event(aggregate_version=version, time=Timestamp(seconds=int(AT.timestamp())))
        with database.begin() as connection:
            subscription.apply(connection, [Received(event, each) for each in data])

    return tell


def create(stub, name, **fields):
    customer = customers_pb2.Customer(name=name, **fields)
    return stub.CreateCustomer(customers_pb2.CreateCustomerRequest(customer=customer))


def get(stub, customer):
    return stub.GetCustomer(customers_pb2.GetCustomerRequest(customer_id=customer.id))


def update(stub, customer, **fields):
    changed = customers_pb2.Customer(id=customer.id, **fields)
    return stub.UpdateCustomer(customers_pb2.UpdateCustomerRequest(customer=changed))


def file(stub, *customers, **fields):
    ids = [customer.id for customer in customers]
    return stub.CreateCustomerDistribution(
        pb.CreateCustomerDistributionRequest(customer_ids=ids, reason="搬到杭州", **fields)
    )


def approve(stub, distribution, owner_id):
    request = pb.ApproveCustomerDistributionRequest(
        customer_distribution_id=distribution.id, owner_id=owner_id
    )
    return stub.ApproveCustomerDistribution(request)


def reject(stub, distribution):
    request = pb.RejectCustomerDistributionRequest(customer_distribution_id=distribution.id, note="不合适")
    return stub.RejectCustomerDistribution(request)


def withdraw(stub, distribution):
    request = pb.WithdrawCustomerDistributionRequest(customer_distribution_id=distribution.id)
    return stub.WithdrawCustomerDistribution(request)


def see(stub, distribution):
    request = pb.GetCustomerDistributionRequest(customer_distribution_id=distribution.id)
    return stub.GetCustomerDistribution(request)


def listed(stub, **asked):
    answer = stub.ListCustomerDistributions(pb.ListCustomerDistributionsRequest(**asked))
    return list(answer.customer_distributions)


def facts(database, type_, message):
    query = text("SELECT data FROM outbox WHERE type = :type ORDER BY seq")
    with database.reading() as connection:
        rows = connection.execute(query, {"type": f"journeyman.customer.{type_}.v1"}).all()
    found = []
    for row in rows:
        found.append(message())
        assert Packed.FromString(bytes(row.data)).Unpack(found[-1])
    return found


@pytest.mark.rule("R159")
@pytest.mark.parametrize("field", ["owner_id", "unit_id", "both"])
def test_a_customer_changes_its_section_only_by_who_distributes_over_both_R159(client, org, refusal, field):
    ends = {"owner_id": org.hangzhou_rep, "unit_id": org.hangzhou}
    if field == "both":  # it would stay in its unit, and be seen by somebody of the other section
        ends["unit_id"] = org.shanghai
    else:
        ends = {field: ends[field]}
    everywhere = client(scope="ALL")
    customer = create(client("customers.create", scope="ALL"), "甲")
    update_only = client("customers.update", scope="ALL")
    code, reason, _ = refusal(lambda: update(update_only, customer, **ends))
    assert (code.name, reason) == ("PERMISSION_DENIED", "SECTION_LEFT")
    assert update(update_only, customer, owner_id=org.colleague).owner_id == org.colleague
    moved = update(everywhere, customer, **ends)
    assert moved.etag == '"v3"'


@pytest.mark.rule("R161")
def test_group_management_assigns_to_any_salesperson_R161(client, org):
    boss = client("customers.distribute", "customers.update", "customers.read", unit=org.root, scope="ALL")
    customer = create(client(), "甲")
    given = update(boss, customer, owner_id=org.hangzhou_rep)
    assert (given.owner_id, given.unit_id) == (org.hangzhou_rep, org.hangzhou)
    assert get(boss, customer) == given


@pytest.mark.rule("R159")
def test_group_marketing_gives_customers_to_another_section_R159(
    client, org, rep, marketing, database, refusal
):
    everywhere = client()
    one, other = create(everywhere, "甲"), create(everywhere, "乙")
    filed = file(rep, one, other, wished_unit_id=org.hangzhou)
    assert filed.state == State.STATE_FILED
    assert (filed.unit_id, filed.filed_by_id, filed.owner_id) == (org.shanghai, org.rep, "")
    assert get(everywhere, one) == one
    approved = approve(marketing, filed, org.hangzhou_rep)
    assert (approved.state, approved.owner_id) == (State.STATE_APPROVED, org.hangzhou_rep)
    assert set(approved.distributed_customer_ids) == {one.id, other.id}
    moved = get(everywhere, one)
    assert (moved.owner_id, moved.unit_id, moved.etag) == (org.hangzhou_rep, org.hangzhou, '"v2"')
    changed = facts(database, "customer.updated", events_pb2.CustomerChanged)
    assert {fact.customer_id for fact in changed} == {one.id, other.id}
    told = facts(database, "notice.raised", notices_pb2.NoticeRaised)
    assert [(note.template, note.recipient_permission, list(note.recipient_ids)) for note in told] == [
        ("customerDistributions.filed", "customers.distribute", []),
        ("customerDistributions.approved", "", [org.rep]),
    ]
    assert see(rep, filed).owner_id == ""  # sections do not see into each other
    assert org.hangzhou_rep not in str(told)


def test_a_rejection_leaves_everything_and_says_why(client, rep, marketing, database):
    customer = create(client(), "甲")
    filed = file(rep, customer)
    assert reject(marketing, filed).state == State.STATE_REJECTED
    assert see(rep, filed).note == "不合适"
    assert get(client(), customer) == customer
    told = facts(database, "notice.raised", notices_pb2.NoticeRaised)
    assert told[-1].template == "customerDistributions.rejected"


def test_only_who_filed_it_takes_it_back(client, org, rep, marketing, open_channel, refusal):
    filed = file(rep, create(client(), "甲"))
    channel = open_channel(*SELLING, subject=org.colleague, unit=org.shanghai, scope="UNIT")
    head = distributions_pb2_grpc.CustomerDistributionServiceStub(channel)
    assert see(head, filed).id == filed.id
    assert refusal(lambda: withdraw(head, filed))[0].name == "NOT_FOUND"
    assert withdraw(rep, filed).state == State.STATE_WITHDRAWN
    for act in (lambda: withdraw(rep, filed), lambda: reject(marketing, filed)):
        code, reason, _ = refusal(act)
        assert (code.name, reason) == ("FAILED_PRECONDITION", "DISTRIBUTION_CLOSED")


def test_who_does_not_distribute_over_both_ends_does_not_decide(client, org, rep, distributor, refusal):
    filed = file(rep, create(client(), "甲"))
    here, there = distributor(org.shanghai), distributor(org.hangzhou)
    assert refusal(lambda: approve(here, filed, org.hangzhou_rep))[:2] == (
        grpc.StatusCode.NOT_FOUND,
        "USER_NOT_FOUND",
    )
    assert refusal(lambda: approve(there, filed, org.hangzhou_rep))[0].name == "NOT_FOUND"
    assert refusal(lambda: reject(there, filed))[0].name == "NOT_FOUND"


def test_a_closed_account_gets_no_customers(client, org, rep, marketing, follow, refusal):
    filed = file(rep, create(client(), "甲"))
    follow(identity_events.UserChanged(user_id=org.hangzhou_rep, unit_id=org.hangzhou, active=False))
    assert refusal(lambda: approve(marketing, filed, org.hangzhou_rep))[1] == "USER_NOT_FOUND"


def test_customers_out_of_reach_or_of_several_sections_are_not_asked_for(
    client, org, rep, open_channel, refusal
):
    own = create(client(), "甲")
    colleagues = create(client(), "乙", owner_id=org.colleague)
    code, reason, _ = refusal(lambda: file(rep, own, colleagues))
    assert (code.name, reason) == ("NOT_FOUND", "CUSTOMER_NOT_FOUND")
    there = create(client(scope="ALL"), "丙", owner_id=org.hangzhou_rep)
    channel = open_channel(*SELLING, subject=org.rep, unit=org.root, scope="ALL")
    head = distributions_pb2_grpc.CustomerDistributionServiceStub(channel)
    assert refusal(lambda: file(head, own, there))[1] == "SECTIONS_MIXED"


def test_machines_ask_and_decide_nothing(client, org, rep, open_channel, refusal):
    customer = create(client(), "甲")
    filed = file(rep, customer)
    channel = open_channel("*", subject="erp", person=False, scope="ALL")
    machine = distributions_pb2_grpc.CustomerDistributionServiceStub(channel)
    for act in (
        lambda: file(machine, customer),
        lambda: approve(machine, filed, org.hangzhou_rep),
        lambda: reject(machine, filed),
        lambda: withdraw(machine, filed),
    ):
        assert refusal(act)[:2] == (grpc.StatusCode.PERMISSION_DENIED, "PERSON_REQUIRED")


def test_what_changed_hands_meanwhile_stays(client, org, rep, marketing, refusal):
    everywhere = client()
    one, other = create(everywhere, "甲"), create(everywhere, "乙")
    filed = file(rep, one, other)
    update(everywhere, one, owner_id=org.colleague)
    assert list(approve(marketing, filed, org.hangzhou_rep).distributed_customer_ids) == [other.id]
    assert get(everywhere, one).owner_id == org.colleague
    third = create(everywhere, "丙")
    late = file(rep, third)
    update(everywhere, third, owner_id=org.colleague)
    assert refusal(lambda: approve(marketing, late, org.hangzhou_rep))[1] == "NOTHING_TO_DISTRIBUTE"


def test_of_parallel_decisions_one_wins(client, org, rep, marketing):
    for _ in range(3):
        customer = create(client(), "甲")
        filed = file(rep, customer)
        barrier = threading.Barrier(3)

        def decide(act, filed=filed, barrier=barrier):
            barrier.wait()
            try:
                return act(filed).state
            except grpc.RpcError as error:
                return error.code().name

        acts = (
            lambda filed: approve(marketing, filed, org.hangzhou_rep),
            lambda filed: reject(marketing, filed),
            lambda filed: withdraw(rep, filed),
        )
        with ThreadPoolExecutor(3) as threads:
            ends = list(threads.map(decide, acts))
        assert ends.count("FAILED_PRECONDITION") == 2
        (won,) = [end for end in ends if end != "FAILED_PRECONDITION"]
        is_given = get(client(), customer).owner_id == org.hangzhou_rep
        assert is_given == (won == State.STATE_APPROVED)


def test_lists_show_the_own_section_newest_first(client, org, rep, marketing, distributor):
    first, second = (file(rep, create(client(), name)) for name in "甲乙")
    reject(marketing, first)
    assert [one.id for one in listed(rep)] == [second.id, first.id]
    assert [one.id for one in listed(marketing, state=State.STATE_FILED)] == [second.id]
    assert listed(distributor(org.hangzhou)) == []
    page = rep.ListCustomerDistributions(pb.ListCustomerDistributionsRequest(page_size=1))
    assert [one.id for one in page.customer_distributions] == [second.id]
    assert [one.id for one in listed(rep, page_size=1, page_token=page.next_page_token)] == [first.id]


def test_what_is_filed_waits_for_who_distributes_there(client, org, rep, open_channel):
    filed = file(rep, create(client(), "甲"))

    def waits(unit):
        channel = open_channel(*DISTRIBUTING, subject=MARKETER, unit=unit, scope="SUBTREE")
        answer = work_pb2_grpc.WorkServiceStub(channel).ListMyTasks(work_pb2.ListMyTasksRequest())
        return [task.resource for task in answer.tasks]

    assert waits(org.root) == [f"customerDistributions/{filed.id}"]
    assert waits(org.hangzhou) == []


def handed_over(org, to, unit):
    return identity_events.OwnershipHandedOver(
        from_user_id=org.rep, to_user_id=to, to_unit_id=unit, account_change_id=str(uuid.uuid4())
    )


def test_a_leavers_customers_go_to_the_successor(client, org, follow, database):
    everywhere = client()
    own = create(everywhere, "甲")
    elsewhere = create(everywhere, "乙", unit_id=org.pudong)
    colleagues = create(everywhere, "丙", owner_id=org.colleague)
    follow(handed_over(org, org.pudong_rep, org.pudong))
    for customer in (own, elsewhere):
        given = get(everywhere, customer)
        assert (given.owner_id, given.unit_id, given.etag) == (org.pudong_rep, org.pudong, '"v2"')
    assert get(everywhere, colleagues) == colleagues
    follow(handed_over(org, org.pudong_rep, org.pudong))
    assert len(facts(database, "customer.updated", events_pb2.CustomerChanged)) == 2


@pytest.mark.rule("R159")
def test_a_hand_over_to_another_section_waits_for_group_marketing_R159(
    client, org, follow, marketing, database
):
    customer = create(client(), "甲")
    follow(handed_over(org, org.hangzhou_rep, org.hangzhou))
    assert get(client(), customer) == customer
    (filed,) = listed(marketing)
    assert (filed.reason, filed.filed_by_id, filed.unit_id) == ("HANDED_OVER", "", org.shanghai)
    assert list(filed.customer_ids) == [customer.id]
    assert approve(marketing, filed, org.hangzhou_rep).state == State.STATE_APPROVED
    assert get(client(scope="ALL"), customer).owner_id == org.hangzhou_rep


@pytest.mark.rule("R159")
def test_customers_do_not_follow_their_owner_into_another_section_R159(client, org, follow, marketing):
    customer = create(client(), "甲")
    follow(identity_events.UserChanged(user_id=org.rep, unit_id=org.hangzhou, active=True))
    assert get(client(), customer) == customer
    assert [filed.reason for filed in listed(marketing)] == ["OWNER_MOVED"]


def test_more_customers_than_one_distribution_holds_are_several(client, org, follow, marketing, database):
    create(client(), "甲")
    columns = ", ".join(column.name for column in customers.columns if column.name != "id")
    copies = text(
        f"INSERT INTO customers (id, {columns}) SELECT gen_random_uuid(), {columns}"
        " FROM customers, generate_series(1, 250)"
    )
    with database.begin() as connection:
        connection.execute(copies)
    follow(handed_over(org, org.hangzhou_rep, org.hangzhou))
    assert sorted(len(filed.customer_ids) for filed in listed(marketing)) == [51, 200]


def closed(unit, into, code="x"):
    return identity_events.OrgUnitChanged(
        unit_id=unit, parent_id=into, kind="DISTRICT", code=code, closed=True
    )


def merged(unit, into):
    return identity_events.OrgUnitMerged(unit_id=unit, into_unit_id=into)


def test_a_merged_units_customers_go_to_the_unit_that_goes_on(client, org, follow, database):
    everywhere = client()
    here = create(everywhere, "甲", unit_id=org.pudong, owner_id=org.rep)
    follows = create(everywhere, "乙", owner_id=org.pudong_rep)
    person = identity_events.UserChanged(user_id=org.pudong_rep, unit_id=org.shanghai, active=True)
    follow(merged(org.pudong, org.shanghai), closed(org.pudong, org.shanghai), person)
    assert [get(everywhere, customer).unit_id for customer in (here, follows)] == [org.shanghai] * 2
    assert get(everywhere, here).owner_id == org.rep
    assert get(everywhere, follows).etag == '"v2"'


def test_a_section_that_is_merged_takes_its_customers_along(client, org, rep, follow, marketing):
    """Who merged them distributes over both (identity looks at it): the former unit is part of the other."""
    customer = create(client(), "甲")
    filed = file(rep, customer)
    person = identity_events.UserChanged(user_id=org.rep, unit_id=org.hangzhou, active=True)
    into = closed(org.shanghai, org.hangzhou, "shanghai")
    follow(into, merged(org.shanghai, org.hangzhou), person, version=3)
    assert get(client(scope="ALL"), customer).unit_id == org.hangzhou
    assert [one.unit_id for one in listed(marketing)] == [org.hangzhou]
    assert see(marketing, filed).state == State.STATE_FILED


def test_a_closed_unit_takes_no_customers(client, org, database, refusal):
    with database.begin() as connection:
        row = {
            "id": org.pudong,
            "parent_id": org.shanghai,
            "kind": "D",
            "code": "",
            "version": 3,
            "closed": True,
        }
        store(connection, units, [row])
    for attempt in (
        lambda: create(client(), "甲", unit_id=org.pudong),
        lambda: create(client(subject=org.pudong_rep, unit=org.pudong, scope="SELF"), "乙"),
    ):
        code, reason, _ = refusal(attempt)
        assert (code.name, reason) == ("FAILED_PRECONDITION", "UNIT_CLOSED")


@pytest.mark.rule("R166")
def test_a_file_is_not_opened_without_permission_R166(client, org, refusal):
    customer = create(client(), "甲")
    stranger = client("customers.read", subject=org.hangzhou_rep, unit=org.hangzhou, scope="SUBTREE")
    assert refusal(lambda: get(stranger, customer))[0].name == "NOT_FOUND"
    assert refusal(lambda: get(client("visits.read"), customer))[0].name == "PERMISSION_DENIED"
