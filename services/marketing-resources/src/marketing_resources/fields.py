"""Days and money as requests carry them."""

from datetime import date

from chassis.errors import FieldProblem, InvalidFields
from chassis.money import Money, MoneyError, from_proto
from google.type import money_pb2


def civil_day(text: str, path: str) -> date:
    """Return the day; the contract has checked its shape, not that there is such a day (30 February).

    Raises InvalidFields that names `path`.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _invalid(path, "NO_SUCH_DAY", "is no day of the calendar", "日历中没有这一天") from None


def optional_day(text: str, path: str) -> date | None:
    return civil_day(text, path) if text else None


def money(message: money_pb2.Money, path: str) -> Money:
    """Return an amount in whole minor units. Raises InvalidFields that names `path`."""
    try:
        return from_proto(message)
    except MoneyError:
        raise _invalid(path, "NOT_MONEY", "is no amount of money", "不是有效的金额") from None


def positive_money(message: money_pb2.Money, path: str) -> Money:
    """Return an amount above zero in whole minor units. Raises InvalidFields that names `path`."""
    amount = money(message, path)
    if amount.minor_units <= 0:
        raise _invalid(path, "AMOUNT_NOT_POSITIVE", "must be above zero", "金额必须大于零")
    return amount


def _invalid(path: str, reason: str, english: str, chinese: str) -> InvalidFields:
    return InvalidFields(FieldProblem(path, reason, english, chinese))
