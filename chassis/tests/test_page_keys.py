from datetime import date
from uuid import UUID

import pytest
from chassis.errors import InvalidFields
from chassis.pagination import Page, page_of
from google.longrunning import operations_pb2

READERS = (date.fromisoformat, UUID)
ID = UUID(int=7)


def page_behind(*key):
    request = operations_pb2.ListOperationsRequest(filter="x")
    request.page_token = page_of(request).token(key)
    return page_of(request)


def test_a_key_is_read_value_by_value():
    assert page_behind("2026-03-02", str(ID)).key(*READERS) == (date(2026, 3, 2), ID)


def test_the_first_page_has_no_key():
    assert Page(50, None, "").key(*READERS) is None


@pytest.mark.parametrize("forged", [("2026-02-30", str(ID)), ("2026-03-02", "1"), (5, str(ID)), (None, 5)])
def test_a_forged_key_is_refused_before_it_reaches_the_database(forged):
    with pytest.raises(InvalidFields):
        page_behind(*forged).key(*READERS)
