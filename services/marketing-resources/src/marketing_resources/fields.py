"""Days and amounts as requests carry them."""

from datetime import date

from chassis.errors import FieldProblem, InvalidFields
from chassis.money import Money, MoneyError, from_proto
from google.type import money_pb2


def day(text: str, path: str) -> date:
    """Return the day; the contract has checked its shape, not that there is such a day (30 February).

    Raises InvalidFields that names `path`.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = FieldProblem(path, "NO_SUCH_DAY", "is not a day of the calendar", "日历中没有这一天")
        raise InvalidFields(problem) from None


def optional_day(text: str, path: str) -> date | None:
    return day(text, path) if text else None


def amount(message: money_pb2.Money, path: str) -> Money:
    """Return the amount. Raises InvalidFields that names `path` for what is no money."""
    try:
        return from_proto(message)
    except MoneyError:
        problem = FieldProblem(
            path,
            "NOT_MONEY",
            "must be whole minor units of a known currency, and no more than a ledger holds",
            "必须是已知币种的整数最小货币单位(如分),且不超过账本上限",
        )
        raise InvalidFields(problem) from None


def positive_amount(message: money_pb2.Money, path: str) -> Money:
    """Return the amount. Raises InvalidFields that names `path` for what is no money, or not above zero."""
    money = amount(message, path)
    if money.minor_units <= 0:
        raise InvalidFields(FieldProblem(path, "AMOUNT_NOT_POSITIVE", "must be above zero", "必须大于零"))
    return money
