"""The customer master through a real gRPC server on a real PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import grpc
import pytest
from chassis.access import Scope
from chassis.testing import audit_entries
from customer.customers import tables as customers_tables
from customer.imports import tables as imports_tables
from directory.cache import Member
from directory.tables import users
from google.protobuf.any_pb2 import Any
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.latlng_pb2 import LatLng
from journeyman.customer.v1 import customers_pb2, events_pb2
from journeyman.types.v1 import position_pb2
from sqlalchemy import MetaData, text
from sqlalchemy import update as update_of

Customer = customers_pb2.Customer
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
NOBODY = "00000000-0000-7000-8000-00000000ffff"


def create(stub, name="国际饭店", metadata=(), **fields):
    request = customers_pb2.CreateCustomerRequest(customer=Customer(name=name, **fields))
    return stub.CreateCustomer(request, metadata=metadata)


def get(stub, customer_id):
    return stub.GetCustomer(customers_pb2.GetCustomerRequest(customer_id=customer_id))


def update(stub, customer, *paths, metadata=()):
    request = customers_pb2.UpdateCustomerRequest(customer=customer, update_mask=FieldMask(paths=paths))
    return stub.UpdateCustomer(request, metadata=metadata)


def position(latitude, longitude, **fields):
    return position_pb2.Position(location=LatLng(latitude=latitude, longitude=longitude), **fields)


def facts(database):
    query = (
        "SELECT type, aggregate_version, data FROM outbox"
        " WHERE type LIKE '%.customer.customer.%' ORDER BY seq"
    )
    with database.reading() as connection:
        rows = connection.execute(text(query)).all()
    found = []
    for type_, version, packed in rows:
        data = events_pb2.CustomerChanged()
        Any.FromString(packed).Unpack(data)
        found.append((type_.removeprefix("journeyman.customer.customer."), version, data))
    return found


@pytest.mark.parametrize("known", [customers_tables.metadata, imports_tables.metadata])
def test_the_migrated_tables_are_those_that_the_code_knows(database, known):
    migrated = MetaData()
    migrated.reflect(database.engine, only=known.tables.keys())
    dialect = database.engine.dialect

    def columns(metadata):
        return {
            (table.name, column.name, column.type.compile(dialect), column.nullable, column.primary_key)
            for table in metadata.tables.values()
            for column in table.columns
        }

    assert columns(migrated) == columns(known)


def test_a_new_customer_can_be_read_at_once_and_is_published(client, database, org, clock):
    given = {"category": "餐饮", "phone": "021-6327 5225", "division_code": "310101"}
    made = create(client(), position=position(31.2356, 121.4671, accuracy_meters=8), **given)
    assert get(client(), made.id) == made
    assert (made.owner_id, made.unit_id, made.state) == (org.rep, org.shanghai, Customer.STATE_ACTIVE)
    assert made.etag == '"v1"'
    assert made.create_time.ToDatetime(clock.now().tzinfo) == clock.now()
    [(type_, version, data)] = facts(database)
    assert (type_, version) == ("created.v1", 1)
    assert data == events_pb2.CustomerChanged(
        customer_id=made.id,
        unit_id=org.shanghai,
        owner_id=org.rep,
        channel_type="dealer",
        division_code="310101",
        active=True,
    )


@pytest.mark.rule("R025")
def test_a_new_customer_is_a_dealer_unless_said_otherwise_R025(client):
    assert create(client()).channel_type == "dealer"
    assert create(client(), channel_type="chain").channel_type == "chain"


def test_positions_are_kept_as_wgs84(client):
    beijing_in_amap = position(39.915119, 116.403963, datum=position_pb2.DATUM_GCJ02)
    kept = create(client(), position=beijing_in_amap).position
    assert kept.datum == position_pb2.DATUM_WGS84
    assert kept.location.latitude == pytest.approx(39.913716, abs=1e-5)
    assert kept.location.longitude == pytest.approx(116.397722, abs=1e-5)


IMPOSSIBLE = [
    (position(90.1, 0), "customer.position.location.latitude"),
    (position(0, -180.5), "customer.position.location.longitude"),
    (position(float("nan"), 0), "customer.position.location.latitude"),
    (position(0, 0, accuracy_meters=-1), "customer.position.accuracyMeters"),
    (position(0, 0, datum=9), "customer.position.datum"),
    (position_pb2.Position(accuracy_meters=5), "customer.position.location"),
]


def test_an_impossible_position_is_refused_by_field(client, refusal):
    stub = client()
    for given, field in IMPOSSIBLE:
        code, _, fields = refusal(partial(create, stub, position=given))
        assert (code, list(fields)) == (INVALID, [field])


def test_a_customer_has_a_name(client, refusal):
    assert refusal(lambda: create(client(), name=" \u3000"))[2] == {"customer.name": "NAME_MISSING"}


def test_an_owner_brings_the_own_unit(client, org):
    made = create(client(unit=org.shanghai, scope=Scope.SUBTREE), owner_id=org.pudong_rep)
    assert (made.owner_id, made.unit_id) == (org.pudong_rep, org.pudong)


@pytest.mark.parametrize("scope", [Scope.SELF, Scope.UNIT, Scope.SUBTREE])
def test_nobody_gives_a_customer_out_of_the_own_reach(client, refusal, org, scope):
    stub = client(scope=scope)
    made = create(stub)
    for given, reason in (
        (Customer(owner_id=NOBODY), "USER_NOT_FOUND"),
        (Customer(owner_id=org.hangzhou_rep), "USER_NOT_FOUND"),
        (Customer(unit_id=NOBODY), "UNIT_NOT_FOUND"),
        (Customer(unit_id=org.hangzhou), "UNIT_NOT_FOUND"),
        (Customer(owner_id=org.rep, unit_id=org.hangzhou), "UNIT_NOT_FOUND"),
    ):
        fields = {"owner_id": given.owner_id, "unit_id": given.unit_id}
        field = "customer.ownerId" if reason == "USER_NOT_FOUND" else "customer.unitId"
        assert refusal(partial(create, stub, **fields)) == (NOT_FOUND, reason, {field: reason})
        given.id = made.id
        assert refusal(partial(update, stub, given)) == (NOT_FOUND, reason, {field: reason})


def test_who_has_just_moved_here_may_own_customers_at_once(client, refusal, org, directory, monkeypatch):
    manager = client(subject=org.colleague, unit=org.pudong, scope=Scope.UNIT)
    assert refusal(lambda: create(manager, owner_id=org.hangzhou_rep))[1] == "USER_NOT_FOUND"
    moved = SimpleNamespace(member=lambda _: Member(org.pudong, active=True))
    monkeypatch.setattr(directory, "_source", moved)
    assert create(manager, owner_id=org.hangzhou_rep).unit_id == org.pudong


def test_nobody_who_cannot_work_is_given_customers(client, refusal, org, directory, database, monkeypatch):
    manager = client(scope=Scope.SUBTREE)
    theirs, mine = create(manager, owner_id=org.colleague), create(manager)
    away = SimpleNamespace(member=lambda _: Member(org.shanghai, active=False))
    monkeypatch.setattr(directory, "_source", away)
    with database.begin() as connection:
        connection.execute(update_of(users).where(users.c.id == org.colleague).values(active=False))
    for give in (
        partial(create, manager, owner_id=org.colleague),
        partial(update, manager, Customer(id=mine.id, owner_id=org.colleague)),
    ):
        assert refusal(give)[:2] == (NOT_FOUND, "USER_NOT_FOUND")
    kept = update(manager, Customer(id=theirs.id, owner_id=org.colleague, name="和平饭店"))
    assert (kept.owner_id, kept.name) == (org.colleague, "和平饭店")
    back = SimpleNamespace(member=lambda _: Member(org.shanghai, active=True))
    monkeypatch.setattr(directory, "_source", back)
    assert create(manager, owner_id=org.colleague).owner_id == org.colleague


def test_a_machine_owns_no_customers(client, refusal, org):
    machine = client(person=False)
    assert refusal(lambda: create(machine))[2] == {"customer.ownerId": "OWNER_MISSING"}
    assert create(machine, owner_id=org.rep).unit_id == org.shanghai


def test_a_mask_changes_what_it_names_and_nothing_else(client, database, clock):
    made = create(client(), code="A1", position=position(31, 121))
    given = Customer(id=made.id, name="和平饭店", code="B2", channel_type="chain")
    changed = update(client(), given, "name", "position", "channel_type")
    assert (changed.name, changed.code, changed.channel_type) == ("和平饭店", "A1", "chain")
    assert not changed.HasField("position")
    assert changed.etag == '"v2"'
    assert get(client(), made.id) == changed
    assert [(type_, version, data.channel_type) for type_, version, data in facts(database)] == [
        ("created.v1", 1, "dealer"),
        ("updated.v1", 2, "chain"),
    ]


def test_without_a_mask_every_field_that_is_set_changes(client):
    made = create(client(), code="A1", category="餐饮")
    changed = update(client(), Customer(id=made.id, code="B2", state=Customer.STATE_ARCHIVED))
    assert (changed.name, changed.code, changed.category) == (made.name, "B2", "餐饮")
    assert changed.state == Customer.STATE_ARCHIVED


def test_an_update_that_changes_nothing_makes_no_version(client, database):
    made = create(client(), code="A1")
    assert update(client(), Customer(id=made.id, code="A1"), "code", "state") == made
    assert len(facts(database)) == 1


def test_a_mask_names_only_fields_that_can_change(client, refusal):
    stub = client()
    made = create(stub)
    for path in ("id", "etag", "create_time", "nonsense", "position.accuracy_meters"):
        code, _, fields = refusal(partial(update, stub, Customer(id=made.id), path))
        assert (code, list(fields)) == (INVALID, ["updateMask"])


def test_what_a_customer_must_have_cannot_be_cleared(client, refusal):
    stub = client()
    made = create(stub)
    for path, field in {"name": "name", "owner_id": "ownerId", "unit_id": "unitId"}.items():
        assert refusal(partial(update, stub, Customer(id=made.id), path))[2].keys() == {f"customer.{field}"}


def test_an_update_names_its_customer(client, refusal):
    assert refusal(lambda: update(client(), Customer(name="x")))[2] == {"customer.id": "REQUIRED"}


def test_a_new_owner_takes_the_customer_into_the_own_unit(client, org):
    manager = client(scope=Scope.SUBTREE)
    made = create(manager)
    moved = update(manager, Customer(id=made.id, owner_id=org.pudong_rep))
    assert (moved.owner_id, moved.unit_id) == (org.pudong_rep, org.pudong)
    back = update(manager, Customer(id=made.id, unit_id=org.shanghai))
    assert (back.owner_id, back.unit_id) == (org.pudong_rep, org.shanghai)
    whole = Customer(id=made.id, owner_id=org.pudong_rep, unit_id=org.pudong)
    again = update(manager, whole, "unit_id")
    assert (again.owner_id, again.unit_id) == (org.pudong_rep, org.pudong)


def test_a_stale_etag_is_refused_in_the_message_and_in_if_match(client, refusal):
    made = create(client())
    update(client(), Customer(id=made.id, code="1", etag=made.etag))
    stale = Customer(id=made.id, code="2", etag=made.etag)
    refused = (grpc.StatusCode.FAILED_PRECONDITION, "ETAG_MISMATCH")
    assert refusal(lambda: update(client(), stale))[:2] == refused
    if_match = [("if-match", made.etag)]
    stale.ClearField("etag")
    assert refusal(lambda: update(client(), stale, metadata=if_match))[:2] == refused


def test_of_parallel_updates_from_one_version_one_wins(client, refusal):
    made = create(client())
    start = threading.Barrier(6)

    def attempt(stub, n):
        start.wait()
        try:
            update(stub, Customer(id=made.id, code=str(n), etag=made.etag))
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    stubs = [client() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(attempt, stubs, range(6)))
    assert sorted(codes, key=str).count(grpc.StatusCode.OK) == 1
    assert codes.count(grpc.StatusCode.FAILED_PRECONDITION) == 5
    assert get(client(), made.id).etag == '"v2"'


def test_a_repeated_key_makes_one_customer(client, database):
    key = [("idempotency-key", "k1")]
    first = create(client(), metadata=key)
    assert create(client(), metadata=key) == first
    assert len(facts(database)) == 1


@pytest.mark.parametrize(
    ("scope", "unit", "sees"),
    [
        (Scope.SELF, "shanghai", {"rep"}),
        (Scope.UNIT, "shanghai", {"rep", "colleague"}),
        (Scope.SUBTREE, "shanghai", {"rep", "colleague", "pudong_rep"}),
        (Scope.UNIT, "hangzhou", {"hangzhou_rep"}),
        (Scope.ALL, "root", {"rep", "colleague", "pudong_rep", "hangzhou_rep"}),
    ],
)
def test_nothing_outside_the_reach_is_read_found_or_changed(client, refusal, org, scope, unit, sees):
    admin = client()
    everybody = ("rep", "colleague", "pudong_rep", "hangzhou_rep")
    ids = {who: create(admin, owner_id=getattr(org, who)).id for who in everybody}
    caller = client(unit=getattr(org, unit), scope=scope)
    for query in ("", "饭", "饭店", "国际饭", "guoji"):
        listed = caller.ListCustomers(customers_pb2.ListCustomersRequest(query=query)).customers
        assert {customer.id for customer in listed} == {ids[who] for who in sees}
    for who in set(everybody) - sees:
        assert refusal(lambda who=who: get(caller, ids[who]))[0] is NOT_FOUND
        lost = Customer(id=ids[who], code="mine")
        assert refusal(lambda lost=lost: update(caller, lost))[0] is NOT_FOUND
        assert get(admin, ids[who]).code == ""
    for who in sees:
        assert get(caller, ids[who]).id == ids[who]


def test_the_audit_trail_names_what_was_changed(client, database):
    made = create(client())
    update(client(), Customer(id=made.id, code="1", phone="2"))
    entry = audit_entries(database)[-1]
    assert (entry.resource, sorted(entry.changed_fields)) == (f"customers/{made.id}", ["code", "phone"])
