"""Lists and search through a real gRPC server on a real PostgreSQL."""

import base64
import json
from datetime import timedelta
from functools import partial
from itertools import product

import grpc
import pytest
from journeyman.customer.v1 import customers_pb2

Customer = customers_pb2.Customer
NOBODY = "00000000-0000-7000-8000-00000000ffff"
NAMES = ["国际饭店", "ＫＦＣ肯德基（南京路店）", "重庆火锅", "Blue Bottle 咖啡", "7天酒店", "中国银行"]
FOUND = {
    "国": {"国际饭店", "中国银行"},
    "饭店": {"国际饭店"},
    "际饭店": {"国际饭店"},
    "中国银行": {"中国银行"},
    "店国际": set(),
    "kfc": {"ＫＦＣ肯德基（南京路店）"},
    "Ｋｆ": {"ＫＦＣ肯德基（南京路店）", "Blue Bottle 咖啡"},
    "(南京": {"ＫＦＣ肯德基（南京路店）"},
    "kfc肯": {"ＫＦＣ肯德基（南京路店）"},
    "k": {"ＫＦＣ肯德基（南京路店）", "Blue Bottle 咖啡"},
    "blue bo": {"Blue Bottle 咖啡"},
    "chongqing": {"重庆火锅"},
    "cqhg": {"重庆火锅"},
    "CQ": {"重庆火锅"},
    "yin": {"中国银行"},
    "zgy": {"中国银行"},
    "7": {"7天酒店"},
    "7天酒": {"7天酒店"},
    "%": set(),
    "_": set(),
    "'; --": set(),
    "没有这个": set(),
}


@pytest.fixture
def stub(client):
    return client()


@pytest.fixture
def make(stub, clock):
    def create(name, **fields):
        clock.advance(timedelta(minutes=1))
        request = customers_pb2.CreateCustomerRequest(customer=Customer(name=name, **fields))
        return stub.CreateCustomer(request)

    return create


@pytest.fixture
def shops(make):
    for name in NAMES:
        make(name)


@pytest.fixture
def names(stub):
    def listed(**request):
        answer = stub.ListCustomers(customers_pb2.ListCustomersRequest(**request))
        return [customer.name for customer in answer.customers]

    return listed


def pages(stub, **request):
    found, token = [], ""
    while True:
        asked = customers_pb2.ListCustomersRequest(page_token=token, **request)
        answer = stub.ListCustomers(asked)
        found.append([customer.name for customer in answer.customers])
        token = answer.next_page_token
        if not token:
            return found


@pytest.mark.usefixtures("shops")
def test_a_part_of_a_name_finds_it(names):
    assert {query: set(names(query=query)) for query in FOUND} == FOUND


@pytest.mark.usefixtures("shops")
def test_a_query_of_blanks_asks_for_nothing(names):
    assert len(names(query=" \u3000")) == len(NAMES)


@pytest.mark.usefixtures("shops")
def test_a_new_name_is_found_and_the_old_one_no_longer(stub, names):
    [hotel] = stub.ListCustomers(customers_pb2.ListCustomersRequest(query="国际")).customers
    renamed = Customer(id=hotel.id, name="和平饭店")
    stub.UpdateCustomer(customers_pb2.UpdateCustomerRequest(customer=renamed))
    assert names(query="国际") == []
    assert names(query="hpfd") == ["和平饭店"]


ORDERS = {
    "": "cab",
    "create_time desc": "cab",
    "create_time": "bac",
    "name": "abc",
    "name  desc": "cba",
    "update_time desc": "bca",
}


def test_orders_and_pages_agree(stub, make, clock):
    first = make("b")
    make("a")
    make("c")
    clock.advance(timedelta(minutes=1))
    changed = Customer(id=first.id, code="1")
    stub.UpdateCustomer(customers_pb2.UpdateCustomerRequest(customer=changed))
    assert {by: pages(stub, order_by=by, page_size=1) for by in ORDERS} == {
        by: [[name] for name in expected] for by, expected in ORDERS.items()
    }


def test_customers_of_one_instant_are_each_on_one_page(stub, clock):
    for n in range(25):
        request = customers_pb2.CreateCustomerRequest(customer=Customer(name=f"n{n % 3}"))
        stub.CreateCustomer(request)
    for order_by in ("create_time desc", "name", "update_time desc"):
        found = pages(stub, order_by=order_by, page_size=4)
        assert [len(page) for page in found] == [4] * 6 + [1]
        assert sorted(name for page in found for name in page) == sorted(f"n{n % 3}" for n in range(25))


def test_filters_narrow_together(make, names, org):
    make("a", channel_type="chain", division_code="310101")
    make("b", division_code="310115", owner_id=org.colleague)
    make("c", division_code="3301", unit_id=org.hangzhou, owner_id=org.hangzhou_rep)
    make("d", state=Customer.STATE_ARCHIVED)
    assert names(channel_type="chain") == ["a"]
    assert names(division_code="31", order_by="name") == ["a", "b"]
    assert names(owner_id=org.colleague) == ["b"]
    assert names(unit_id=org.hangzhou) == ["c"]
    assert names(state=Customer.STATE_ARCHIVED) == ["d"]
    assert names(division_code="31", owner_id=org.colleague, query="b") == ["b"]
    assert names(division_code="33", channel_type="chain") == []


def test_an_unknown_order_is_refused_by_field(names, refusal):
    code, _, fields = refusal(lambda: names(order_by="phone"))
    assert (code, fields) == (grpc.StatusCode.INVALID_ARGUMENT, {"orderBy": "ORDER_UNKNOWN"})


FORGED = [["x", "y"], [1, 2], [10**30, NOBODY], [None, None], ["\0", NOBODY], [1.5, NOBODY, "z"]]


def test_a_forged_page_token_is_refused(stub, make, names, refusal):
    make("a")
    make("b")
    for order_by, key in product(["", "name"], FORGED):
        request = customers_pb2.ListCustomersRequest(page_size=1, order_by=order_by)
        token = stub.ListCustomers(request).next_page_token
        seal = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))[0]
        forged = base64.urlsafe_b64encode(json.dumps([seal, *key]).encode()).rstrip(b"=").decode()
        code, _, fields = refusal(partial(names, page_token=forged, order_by=order_by))
        assert (code, list(fields)) == (grpc.StatusCode.INVALID_ARGUMENT, ["pageToken"]), key


def test_a_token_of_another_list_is_refused(stub, make, names, refusal):
    make("a")
    make("b")
    token = stub.ListCustomers(customers_pb2.ListCustomersRequest(page_size=1)).next_page_token
    assert refusal(lambda: names(page_token=token, order_by="name"))[2].keys() == {"pageToken"}
