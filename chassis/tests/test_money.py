from decimal import Decimal
from fractions import Fraction

import pytest
from chassis.money import Money, MoneyError, allocate, from_proto, rounded, to_proto
from google.type import money_pb2
from hypothesis import given
from hypothesis import strategies as st

LARGEST = 2**63 - 1
CURRENCIES = st.sampled_from(["CNY", "JPY", "USD"])
AMOUNTS = st.builds(Money, st.integers(-LARGEST, LARGEST), CURRENCIES)


def yuan(units: int, nanos: int = 0, currency: str = "CNY") -> money_pb2.Money:
    return money_pb2.Money(currency_code=currency, units=units, nanos=nanos)


def test_fen_are_the_minor_units_of_yuan():
    assert from_proto(yuan(12, 340_000_000)) == Money(1234, "CNY")
    assert from_proto(yuan(-12, -340_000_000)) == Money(-1234, "CNY")
    assert from_proto(yuan(0, -10_000_000)) == Money(-1, "CNY")
    assert from_proto(yuan(12, currency="JPY")) == Money(12, "JPY")


def test_people_read_units_and_currency():
    written = [str(Money(-120050, "CNY")), str(Money(0, "CNY")), str(Money(5, "CNY")), str(Money(12, "JPY"))]
    assert written == ["-1200.50 CNY", "0.00 CNY", "0.05 CNY", "12 JPY"]


@given(money=AMOUNTS)
def test_every_amount_survives_the_wire(money: Money):
    assert from_proto(to_proto(money)) == money


@given(money=AMOUNTS)
def test_units_and_nanos_have_one_sign_and_their_value(money: Money):
    message = to_proto(money)
    assert message.units * message.nanos >= 0
    per_unit = 1 if money.currency == "JPY" else 100
    value = Fraction(message.units) + Fraction(message.nanos, 1_000_000_000)
    assert value == Fraction(money.minor_units, per_unit)


@pytest.mark.parametrize(
    "message",
    [
        yuan(1, 1),
        yuan(1, 5_000_000),
        yuan(0, -1_000_000),
        yuan(1, 10_000_000, "JPY"),
        yuan(1, -10_000_000),
        yuan(-1, 10_000_000),
        yuan(0, 1_000_000_000),
        yuan(0, -1_000_000_000),
        yuan(2**63 - 1),
        yuan(-(2**63)),
        yuan(1, currency=""),
        yuan(1, currency="cny"),
        yuan(1, currency="XAU"),
    ],
    ids=str,
)
def test_what_is_no_amount_is_refused(message: money_pb2.Money):
    with pytest.raises(MoneyError):
        from_proto(message)


def test_currencies_do_not_mix():
    with pytest.raises(MoneyError):
        Money(1, "CNY") + Money(1, "USD")
    with pytest.raises(MoneyError):
        Money(1, "CNY") - Money(1, "USD")


def test_a_sum_past_what_a_ledger_holds_is_refused():
    with pytest.raises(MoneyError):
        Money(LARGEST, "CNY") + Money(1, "CNY")


@given(one=st.integers(-(10**15), 10**15), other=st.integers(-(10**15), 10**15))
def test_what_is_added_can_be_taken_away(one: int, other: int):
    assert Money(one, "CNY") + Money(other, "CNY") - Money(other, "CNY") == Money(one, "CNY")


@pytest.mark.parametrize(
    ("amount", "fen"),
    [
        ("0.01499999999999999999999999999999999999", 1),
        ("1.005", 100),
        ("1.015", 102),
        ("-1.005", -100),
        ("1.0050000000000001", 101),
        ("2.675", 268),
        ("0", 0),
    ],
)
def test_rounding_is_half_to_even(amount: str, fen: int):
    assert rounded(Decimal(amount), "CNY") == Money(fen, "CNY")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e30"])
def test_what_cannot_be_rounded_is_refused(amount: str):
    with pytest.raises(MoneyError):
        rounded(Decimal(amount), "CNY")


def test_what_does_not_divide_goes_to_those_who_lost_most():
    assert [part.minor_units for part in allocate(Money(100, "CNY"), [1, 1, 1])] == [34, 33, 33]
    assert [part.minor_units for part in allocate(Money(-100, "CNY"), [1, 1, 1])] == [-34, -33, -33]
    assert [part.minor_units for part in allocate(Money(5, "CNY"), [3, 0, 7])] == [2, 0, 3]


@given(total=AMOUNTS, shares=st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_parts_add_up_and_are_within_a_unit_of_their_share(total: Money, shares: list[int]):
    parts = allocate(total, shares)
    assert sum(part.minor_units for part in parts) == total.minor_units
    for part, share in zip(parts, shares, strict=True):
        assert abs(part.minor_units - Fraction(total.minor_units * share, sum(shares))) < 1


@pytest.mark.parametrize("shares", [[], [0], [0, 0], [2, -1]])
def test_shares_that_divide_nothing_are_refused(shares: list[int]):
    with pytest.raises(MoneyError):
        allocate(Money(100, "CNY"), shares)
