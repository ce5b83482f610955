"""Dates and instants as requests carry them."""

from datetime import UTC, datetime, time, timedelta

from chassis.calendar import at
from chassis.dates import civil_date, no_such_date
from chassis.errors import FieldProblem, InvalidFields
from google.protobuf.timestamp_pb2 import Timestamp

MOST_AHEAD = timedelta(minutes=5)


def span_of_day(text: str, path: str) -> tuple[datetime, datetime]:
    """Return when a day begins and when the next one does.

    Raises InvalidFields that names `path`, also for the first and the last day of all: part of them lies
    outside the years 1 to 9999.
    """
    day = civil_date(text, path)
    try:
        return at(day, time.min), at(day + timedelta(days=1), time.min)
    except OverflowError:
        raise no_such_date(path) from None


def captured_instant(message: Timestamp, path: str, now: datetime) -> datetime:
    """Return an instant by a phone's clock.

    Raises InvalidFields that names `path` for one that lies more than MOST_AHEAD after now.
    """
    captured_at = message.ToDatetime(UTC)
    if captured_at > now + MOST_AHEAD:
        problem = FieldProblem(
            path,
            "CLOCK_AHEAD",
            "is more than five minutes ahead of the server's clock",
            "比服务器时间快五分钟以上",
        )
        raise InvalidFields(problem)
    return captured_at
