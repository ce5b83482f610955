import pytest
from chassis.errors import InvalidFields
from chassis.pagination import page_of
from hypothesis import given
from hypothesis import strategies as st
from journeyman.customer.v1.customers_pb2 import ListCustomersRequest
from journeyman.identity.v1.users_pb2 import ListUsersRequest


def test_the_size_has_a_default_and_a_ceiling():
    assert page_of(ListCustomersRequest()).size == 50
    assert page_of(ListCustomersRequest(page_size=9999)).size == 200
    assert page_of(ListCustomersRequest(page_size=7)).size == 7


@given(st.tuples(st.text(), st.one_of(st.text(), st.integers(-(2**53), 2**53), st.none())))
def test_a_token_leads_back_to_its_key(key):
    token = page_of(ListCustomersRequest(query="a")).token(key)
    assert page_of(ListCustomersRequest(query="a", page_token=token, page_size=3)).after == key


@given(st.text())
def test_any_other_text_is_refused_by_name(text):
    with pytest.raises(InvalidFields) as refused:
        page_of(ListCustomersRequest(page_token=text or "x"))
    assert refused.value.problems[0].path == "pageToken"


def test_a_token_does_not_fit_other_filters_or_another_list():
    token = page_of(ListCustomersRequest(query="a")).token(("x", "y"))
    for request in (ListCustomersRequest(query="b", page_token=token), ListUsersRequest(page_token=token)):
        with pytest.raises(InvalidFields):
            page_of(request)


@pytest.mark.parametrize(("found", "shown", "goes_on"), [(0, 0, False), (3, 3, False), (4, 3, True)])
def test_the_row_too_many_is_cut_off_and_makes_a_token_of_the_last_one_shown(found, shown, goes_on):
    request = ListCustomersRequest(page_size=3)
    rows, token = page_of(request, keys=1).cut(range(found), lambda row: (row,))
    assert list(rows) == list(range(shown))
    assert bool(token) is goes_on
    if token:
        request.page_token = token
        assert page_of(request, keys=1).after == (shown - 1,)
