"""Customers are found by a word among everything else, in the caller's scope."""

import pytest
from chassis.access import Scope
from journeyman.customer.v1 import customers_pb2
from journeyman.search.v1 import search_pb2, search_pb2_grpc


@pytest.fixture
def found(open_channel, org):
    """What is found, as (title, subtitle)."""

    def search(query, *permissions, **claims):
        claims = {"subject": org.rep, "unit": org.shanghai, **claims}
        size = claims.pop("page_size", 0)
        stub = search_pb2_grpc.SearchServiceStub(open_channel(*permissions, **claims))
        results = stub.Search(search_pb2.SearchRequest(query=query, page_size=size)).results
        assert all((result.kind, result.resource[:10]) == ("customers", "customers/") for result in results)
        return [(result.title, result.subtitle) for result in results]

    return search


@pytest.fixture
def shop(client):
    def create(name, **fields):
        customer = customers_pb2.Customer(name=name, **fields)
        return client().CreateCustomer(customers_pb2.CreateCustomerRequest(customer=customer))

    return create


@pytest.mark.rule("R145")
def test_a_customer_is_found_by_part_of_the_name_pinyin_initials_code_and_phone_R145(found, shop):
    shop("国际饭店", code="SH-0007", phone="021-63275225", address="南京西路170号")
    shop("重庆火锅")
    for query in ("国际", "际饭店", "guoji", "gjfd", "国", "sh-0007", " SH-0007 ", "021-63275225"):
        assert found(query) == [("国际饭店", "南京西路170号")], query
    for query in ("SH-000", "0211", "没有", " 　"):
        assert found(query) == [], query


def test_who_is_called_so_comes_before_who_has_it_in_the_name(found, shop):
    for name in ("饭店", "国际饭店", "大饭店"):
        shop(name)
    shop("小店", code="饭店")
    assert {title for title, _ in found("饭店", page_size=2)} == {"饭店", "小店"}
    assert len(found("饭店")) == 4


def test_what_lies_outside_the_scope_is_not_found(found, shop, org):
    shop("国际饭店", code="SH-0007", phone="021-63275225")
    for query in ("国际", "SH-0007", "021-63275225", "国际饭店"):
        assert found(query, scope=Scope.SELF) != []
        assert found(query, scope=Scope.SELF, subject=org.colleague) == []
        assert found(query, scope=Scope.SUBTREE, unit=org.hangzhou, subject=org.hangzhou_rep) == []
        assert found(query, "visits.read") == []
