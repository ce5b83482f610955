"""Keeps one attendance day for each person and date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.calendar import local_date
from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from visit.attendance.rules import ClockInResult, ClockOutResult, NotClockedIn
from visit.attendance.tables import attendance_days
from visit.day_lists import newest_day_first
from visit.positions import Fix

SIGNAL_CHECKS_AT_ONCE = 1000

_columns = attendance_days.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Punch:
    """One touch of the clock.

    Attributes:
        at: the server's time, which decides.
        captured_at: the phone's own time, kept beside it.
        fix: where the phone was, if it said so.
    """

    user_id: str
    unit_id: str
    at: datetime
    captured_at: datetime | None
    device_id: str
    fix: Fix | None


def begin_day(
    connection: Connection, punch: Punch, result: ClockInResult, signal_check_due_at: datetime | None
) -> tuple[Row[Any], bool]:
    """Return the day and whether this clock-in began it: of several phones at once, one does."""
    statement = insert(attendance_days).values(
        id=new_id(),
        user_id=punch.user_id,
        unit_id=punch.unit_id,
        work_date=local_date(punch.at),
        version=1,
        clock_in_result=result,
        signal_check_due_at=signal_check_due_at,
        **_touch("clock_in", punch),
    )
    row = connection.execute(statement.on_conflict_do_nothing().returning(attendance_days)).one_or_none()
    if row is not None:
        return row, True
    return _day_of(connection, punch), False


def end_day(connection: Connection, punch: Punch, result: ClockOutResult) -> tuple[Row[Any], bool]:
    """Return the day and whether this clock-out is its last so far. Raises NotClockedIn."""
    statement = (
        update(attendance_days)
        .where(_columns.user_id == punch.user_id, _columns.work_date == local_date(punch.at))
        .where(or_(_columns.clock_out_at.is_(None), _columns.clock_out_at < punch.at))
        .values(version=_columns.version + 1, clock_out_result=result, **_touch("clock_out", punch))
        .returning(attendance_days)
    )
    row = connection.execute(statement).one_or_none()
    if row is not None:
        return row, True
    return _day_of(connection, punch), False


def read_day(connection: Connection, attendance_day_id: str, scope: RowScope) -> Row[Any]:
    """Return the day. Raises NotFound, outside the scope too."""
    in_scope = scope.clause(_columns.unit_id, _columns.user_id)
    query = select(attendance_days).where(_columns.id == attendance_day_id, in_scope)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("attendance day")
    return row


def read_page(connection: Connection, request: Any, page: Page, scope: RowScope) -> Sequence[Row[Any]]:
    """Return the rows of a page and one more. Raises InvalidFields."""
    query = newest_day_first(attendance_days, _columns.work_date, request, page, scope)
    if request.unit_id:
        query = query.where(_columns.unit_id == request.unit_id)
    return connection.execute(query).all()


def _day_of(connection: Connection, punch: Punch) -> Row[Any]:
    day: date = local_date(punch.at)
    query = select(attendance_days).where(_columns.user_id == punch.user_id, _columns.work_date == day)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotClockedIn
    return row


def _touch(side: str, punch: Punch) -> Mapping[str, Any]:
    values: dict[str, Any] = {
        f"{side}_at": punch.at,
        f"{side}_captured_at": punch.captured_at,
        f"{side}_device_id": punch.device_id,
    }
    latitude, longitude, accuracy_meters = punch.fix or (None, None, None)
    values[f"{side}_latitude"] = latitude
    values[f"{side}_longitude"] = longitude
    values[f"{side}_accuracy_meters"] = accuracy_meters
    return values


def read_signal_checks_due(connection: Connection, now: datetime) -> Sequence[Row[Any]]:
    """Return the days whose signal can be judged by now, the longest due first."""
    due = select(attendance_days).where(_columns.signal_check_due_at <= now)
    return connection.execute(due.order_by(_columns.signal_check_due_at).limit(SIGNAL_CHECKS_AT_ONCE)).all()


def put_off_signal_check(connection: Connection, attendance_day_id: str, due_at: datetime) -> None:
    this = update(attendance_days).where(_columns.id == attendance_day_id)
    connection.execute(this.values(signal_check_due_at=due_at))


def finish_signal_check(connection: Connection, attendance_day_id: str) -> Row[Any] | None:
    """Return the day as it is now, locked and never due again; None when another sweep has had it."""
    this = update(attendance_days).where(
        _columns.id == attendance_day_id, _columns.signal_check_due_at.is_not(None)
    )
    return connection.execute(this.values(signal_check_due_at=None).returning(attendance_days)).one_or_none()
