"""Which secrets open a machine client, and what a change takes from it."""

from datetime import UTC, datetime, timedelta

import pytest
from gateway.identity.api_clients.rules import Secrets, takes_away

AT = datetime(2026, 3, 2, tzinfo=UTC)
NEW, OLD, OTHER = (bytes([number]) * 32 for number in range(1, 4))


def test_the_secret_before_is_good_until_the_overlap_ends():
    secrets = Secrets(NEW, OLD, AT)
    assert secrets.open_with(NEW, AT)
    assert secrets.open_with(OLD, AT - timedelta(seconds=1))
    assert not secrets.open_with(OLD, AT)
    assert not secrets.open_with(OTHER, AT - timedelta(seconds=1))


def test_a_client_that_never_changed_its_secret_has_one():
    assert Secrets(NEW).open_with(NEW, AT)
    assert not Secrets(NEW).open_with(bytes(32), AT)


@pytest.mark.parametrize(
    ("before", "after", "was_active", "is_active", "takes"),
    [
        ("ab", "ab", True, True, False),
        ("ab", "abc", True, True, False),
        ("ab", "a", True, True, True),
        ("ab", "ab", True, False, True),
        ("ab", "a", False, False, False),
        ("ab", "ab", False, True, False),
    ],
)
def test_what_a_change_takes_away(before, after, was_active, is_active, takes):
    found = takes_away(frozenset(before), frozenset(after), was_active=was_active, is_active=is_active)
    assert found is takes
