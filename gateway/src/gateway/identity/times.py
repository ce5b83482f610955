"""Instants as requests carry them."""

from datetime import UTC, datetime

from chassis.errors import FieldProblem, InvalidFields
from google.protobuf.timestamp_pb2 import Timestamp


def instant(message: Timestamp, path: str) -> datetime:
    """Return the instant. Raises InvalidFields that names `path` for one outside the years 1 to 9999."""
    try:
        return message.ToDatetime(UTC)
    except ValueError:
        problem = FieldProblem(path, "NO_SUCH_TIME", "is no time that can be kept", "时间超出可记录的范围")
        raise InvalidFields(problem) from None
