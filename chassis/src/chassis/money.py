"""Exact money: whole minor units (fen) and a currency. Pure; no float ever comes near it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from google.type import money_pb2

_MINOR_DIGITS = {"CNY": 2, "EUR": 2, "HKD": 2, "JPY": 0, "USD": 2}
_NANOS = 1_000_000_000
LARGEST = 2**63 - 1  # what a BIGINT column holds


class MoneyError(ValueError):
    """Not an amount of money: an unknown currency, part of a minor unit, mixed signs or too much of it."""


@dataclass(frozen=True, slots=True)
class Money:
    minor_units: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in _MINOR_DIGITS:
            raise MoneyError(f"unknown currency {self.currency!r}")
        if abs(self.minor_units) > LARGEST:
            raise MoneyError("more than a ledger holds")

    def __str__(self) -> str:
        """As people write it: `-1200.50 CNY`."""
        return f"{Decimal(self.minor_units).scaleb(-_minor_digits(self.currency)):f} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        self._refuse_other_currency(other)
        return Money(self.minor_units + other.minor_units, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def __neg__(self) -> "Money":
        return Money(-self.minor_units, self.currency)

    def _refuse_other_currency(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} do not add up")


def from_proto(message: money_pb2.Money) -> Money:
    """The exact amount; raises MoneyError for part of a minor unit, mixed signs, or an unknown currency."""
    units, nanos = message.units, message.nanos
    if abs(nanos) >= _NANOS or units * nanos < 0:
        raise MoneyError("units and nanos do not make an amount")
    per_unit = _minor_per_unit(message.currency_code)
    whole, fraction = divmod(nanos * per_unit, _NANOS)
    if fraction:
        raise MoneyError(f"part of a minor unit of {message.currency_code}")
    return Money(units * per_unit + whole, message.currency_code)


def to_proto(money: Money) -> money_pb2.Money:
    per_unit = _minor_per_unit(money.currency)
    units, rest = divmod(abs(money.minor_units), per_unit)
    sign = -1 if money.minor_units < 0 else 1
    nanos = sign * rest * (_NANOS // per_unit)
    return money_pb2.Money(currency_code=money.currency, units=sign * units, nanos=nanos)


def rounded(amount: Decimal, currency: str) -> Money:
    """The one place that rounds: `amount` in whole units of `currency`, half to even, to the minor unit."""
    sign, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int):
        raise MoneyError("not a number")
    # Moving the point by hand is exact; multiplying would round to the context's 28 digits first.
    minor = Decimal((sign, digits, exponent + _minor_digits(currency)))
    if minor.copy_abs() > LARGEST:
        raise MoneyError("more than a ledger holds")
    return Money(int(minor.to_integral_value(ROUND_HALF_EVEN)), currency)


def allocate(total: Money, shares: Sequence[int]) -> tuple[Money, ...]:
    """Splits `total` in proportion to `shares` so that the parts add up to it, to the last minor unit.

    What does not divide goes, unit by unit, to the parts that lost most, the earlier of equals first.
    Raises MoneyError unless some share is above zero and none below.
    """
    weight = sum(shares)
    if weight <= 0 or min(shares) < 0:
        raise MoneyError("shares are not negative and not all zero")
    size, sign = abs(total.minor_units), -1 if total.minor_units < 0 else 1
    parts = [size * share // weight for share in shares]
    by_loss = sorted(range(len(shares)), key=lambda each: -(size * shares[each] % weight))
    for each in by_loss[: size - sum(parts)]:
        parts[each] += 1
    return tuple(Money(sign * part, total.currency) for part in parts)


def _minor_per_unit(currency: str) -> int:
    return int(10 ** _minor_digits(currency))


def _minor_digits(currency: str) -> int:
    digits = _MINOR_DIGITS.get(currency)
    if digits is None:
        raise MoneyError(f"unknown currency {currency!r}")
    return digits
