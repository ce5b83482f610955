"""Money as requests carry it."""

from chassis.errors import FieldProblem, InvalidFields
from chassis.money import Money, MoneyError, from_proto
from google.type import money_pb2


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
