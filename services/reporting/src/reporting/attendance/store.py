"""Reads the attendance report."""

from collections.abc import Sequence
from typing import Any

from directory.tables import users
from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    Integer,
    Row,
    Select,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)

from reporting.attendance.rules import Workdays
from reporting.attendance.tables import attendance_days
from reporting.rows import Rows

FIELD_ROLE = "field_rep"

_day = attendance_days.c
_out = _day.clock_out_result != ""
_late = _day.clock_in_result == "LATE"
_early = _day.clock_out_result == "EARLY"
_on_time = and_(_day.clock_in_result == "ON_TIME", _day.clock_out_result == "ON_TIME")


def attendance_rows(connection: Connection, rows: Rows, days: Workdays) -> Sequence[Row[Any]]:
    """Return one page of the figures, and one row more if there is a next page.

    A workday with a record counts for the unit of the record. A workday without one counts, as missed, for
    the unit that the person is in now; so each person has each workday once, in whatever units.
    """
    recorded = _recorded(rows, days)
    counted = union_all(select(recorded), _missed(recorded, days)).subquery()
    sums = [cast(func.sum(column), Integer).label(column.name) for column in counted.c if _is_figure(column)]
    return connection.execute(rows.select(counted.c, *sums)).all()


def _recorded(rows: Rows, days: Workdays) -> CTE:
    """The figures of the records."""
    query: Select[Any] = select(
        _day.unit_id,
        _day.user_id,
        func.count().label("workday_count"),
        func.count().filter(_out).label("complete_count"),
        func.count().filter(_on_time).label("on_time_count"),
        func.count().filter(_late).label("late_count"),
        func.count().filter(_early).label("early_count"),
        func.count().filter(~_out).label("missing_clock_out_count"),
        func.count().filter(_over(days)).label("days_over"),
    )
    if not rows.scope.everything:
        # an array, not IN: it lets the index find a few people's days among everybody's
        query = query.where(_day.user_id == any_(func.array(_people(rows, days).scalar_subquery())))
    return query.where(_judged(days)).group_by(_day.unit_id, _day.user_id).cte("recorded")


def _people(rows: Rows, days: Workdays) -> CompoundSelect[Any]:
    """Who is, or was in the period, in the caller's scope.

    All their records are read, wherever they were made: a day worked at another unit is no day missed here.
    """
    now = select(users.c.id).where(rows.scope.clause(users.c.unit_id, users.c.id))
    then = select(_day.user_id).where(rows.scope.clause(_day.unit_id, _day.user_id), _judged(days))
    return union(now, then)


def _missed(recorded: CTE, days: Workdays) -> Select[Any]:
    """Workdays without any record: of active field staff, and of active people who have some record."""
    came_days = func.sum(recorded.c.days_over).label("days")
    came = select(recorded.c.user_id, came_days).group_by(recorded.c.user_id).subquery()
    missed = literal(len(days.over)) - func.coalesce(came.c.days, 0)
    nothing = [literal(0).label(column.name) for column in recorded.c if _is_figure(column)][1:]
    expected = or_(came.c.user_id.is_not(None), literal(FIELD_ROLE) == any_(users.c.role_codes))
    return (
        select(users.c.unit_id, users.c.id, missed, *nothing, literal(0))
        .outerjoin(came, came.c.user_id == users.c.id)
        .where(users.c.active, expected)
    )


def _judged(days: Workdays) -> ColumnElement[bool]:
    today = and_(_day.work_date == days.today, _out) if days.today else false()
    return or_(_over(days), today)


def _over(days: Workdays) -> ColumnElement[bool]:
    return _day.work_date == any_(literal(list(days.over), ARRAY(Date)))


def _is_figure(column: ColumnElement[Any]) -> bool:
    return str(column.name).endswith("_count")
