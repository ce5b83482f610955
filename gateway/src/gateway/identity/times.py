"""Days and instants as requests carry them."""

from datetime import UTC, date, datetime

from chassis.errors import FieldProblem, InvalidFields
from google.protobuf.timestamp_pb2 import Timestamp


def civil_date(text: str, path: str) -> date:
    """Return the day; the contract has checked its shape, not that there is such a day (30 February).

    Raises InvalidFields that names `path`.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = FieldProblem(path, "NO_SUCH_DATE", "there is no such day", "日历中没有这一天")
        raise InvalidFields(problem) from None


def instant(message: Timestamp, path: str) -> datetime:
    """Return the instant. Raises InvalidFields that names `path` for one outside the years 1 to 9999."""
    try:
        return message.ToDatetime(UTC)
    except ValueError:
        problem = FieldProblem(path, "NO_SUCH_TIME", "is no time that can be kept", "时间超出可记录的范围")
        raise InvalidFields(problem) from None
