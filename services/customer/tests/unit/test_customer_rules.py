import math

import pytest
from customer.customers import rules
from hypothesis import given
from hypothesis import strategies as st

HERE = rules.Place(31.235640, 121.467102)


def test_a_name_loses_the_blanks_around_it():
    assert rules.named(" 国际饭店\u3000") == "国际饭店"


@pytest.mark.parametrize("name", ["", " ", "\u3000\t"])
def test_a_blank_name_is_none(name):
    with pytest.raises(rules.NameMissing):
        rules.named(name)


@pytest.mark.rule("R025")
def test_a_customer_is_a_dealer_unless_said_otherwise_R025():
    assert rules.channel_type("") == "dealer"
    assert rules.channel_type("chain") == "chain"


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1e6))
def test_every_place_on_earth_is_possible(latitude, longitude, accuracy):
    rules.demand_place(latitude, longitude, accuracy)


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ((90.0000001, 0, 0), "latitude"),
        ((math.nan, 0, 0), "latitude"),
        ((0, 180.0000001, 0), "longitude"),
        ((0, -math.inf, 0), "longitude"),
        ((0, 0, -0.1), "accuracy_meters"),
        ((0, 0, math.inf), "accuracy_meters"),
        ((0, 0, math.nan), "accuracy_meters"),
    ],
)
def test_what_is_no_place_is_told_by_its_part(place, part):
    with pytest.raises(rules.PositionImpossible) as impossible:
        rules.demand_place(*place)
    assert impossible.value.part == part


def test_the_same_place_is_the_same_to_a_tenth_of_a_metre():
    same = rules.Place(31.2356401, 121.4671019)
    other = rules.Place(31.235650, 121.467102)
    assert rules.fingerprint("a", "b", HERE) == rules.fingerprint("a", "b", same)
    assert rules.fingerprint("a", "b", HERE) != rules.fingerprint("a", "b", other)


def test_signs_of_zero_are_one_place():
    one, other = rules.Place(0.0, -0.0), rules.Place(-0.0, 0.0)
    assert rules.fingerprint("a", "", one) == rules.fingerprint("a", "", other)


def test_names_and_addresses_are_kept_apart():
    assert rules.fingerprint("ab", "c", None) != rules.fingerprint("a", "bc", None)
    assert rules.fingerprint("a", "b", None) != rules.fingerprint("a", "b", HERE)
