"""Dates and instants as requests carry them."""

from datetime import UTC, date, datetime, time, timedelta

from chassis.calendar import at
from chassis.errors import FieldProblem, InvalidFields
from google.protobuf.timestamp_pb2 import Timestamp

MOST_AHEAD = timedelta(minutes=5)


def civil_date(text: str, path: str) -> date:
    """Return the date; the contract has checked its shape, not that there is such a day (30 February).

    Raises InvalidFields that names `path`.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _no_such_date(path) from None


def optional_date(text: str, path: str) -> date | None:
    return civil_date(text, path) if text else None


def span_of_day(text: str, path: str) -> tuple[datetime, datetime]:
    """Return when a day begins and when the next one does.

    Raises InvalidFields that names `path`, also for the first and the last day of all: part of them lies
    outside the years 1 to 9999.
    """
    day = civil_date(text, path)
    try:
        return at(day, time.min), at(day + timedelta(days=1), time.min)
    except OverflowError:
        raise _no_such_date(path) from None


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


def _no_such_date(path: str) -> InvalidFields:
    return InvalidFields(FieldProblem(path, "NO_SUCH_DATE", "is no day of the calendar", "日历中没有这一天"))
