"""Instants as requests carry them."""

from datetime import UTC, datetime, timedelta

from chassis.errors import FieldProblem, InvalidFields
from google.protobuf.timestamp_pb2 import Timestamp

MOST_AHEAD = timedelta(minutes=5)  # of a caller's clock


def instant(message: Timestamp, path: str) -> datetime:
    """Return the instant. Raises InvalidFields that names `path` for one outside the years 1 to 9999."""
    try:
        return message.ToDatetime(UTC)
    except ValueError:
        problem = FieldProblem(path, "NO_SUCH_TIME", "is no time that can be kept", "时间超出可记录的范围")
        raise InvalidFields(problem) from None


def demand_not_ahead(at: datetime, now: datetime, path: str) -> None:
    """Raise InvalidFields that names `path` for a moment in the future."""
    if at > now + MOST_AHEAD:
        raise InvalidFields(FieldProblem(path, "TIME_AHEAD", "lies in the future", "时间晚于当前时间"))
