"""Reads the attendance report."""

from collections.abc import Sequence
from typing import Any

from directory.tables import users
from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Row,
    Select,
    and_,
    any_,
    cast,
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
    people = _people(rows, days)
    recorded = _recorded(people, days)
    counted = union_all(select(recorded), _missed(people, recorded, days)).subquery()
    sums = [cast(func.sum(column), Integer).label(column.name) for column in counted.c if _is_figure(column)]
    return connection.execute(rows.select(counted.c, *sums)).all()


def _people(rows: Rows, days: Workdays) -> CTE:
    """Everybody who is to be judged: active field staff, and who has a record in the period."""
    staff = select(users.c.id.label("user_id")).where(
        rows.scope.clause(users.c.unit_id, users.c.id),
        users.c.active,
        literal(FIELD_ROLE) == any_(users.c.role_codes),
    )
    seen = select(_day.user_id).where(rows.scope.clause(_day.unit_id, _day.user_id), _judged(days))
    return union(staff, seen).cte("people")


def _recorded(people: CTE, days: Workdays) -> CTE:
    """The figures of the records, wherever they were made: a day at another unit is no day missed here."""
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
    query = query.join(people, people.c.user_id == _day.user_id).where(_judged(days))
    return query.group_by(_day.unit_id, _day.user_id).cte("recorded")


def _missed(people: CTE, recorded: CTE, days: Workdays) -> Select[Any]:
    """Workdays without any record, of people who are active now, in their present unit."""
    came_days = func.sum(recorded.c.days_over).label("days")
    came = select(recorded.c.user_id, came_days).group_by(recorded.c.user_id).subquery()
    missed = literal(len(days.over)) - func.coalesce(came.c.days, 0)
    nothing = [literal(0).label(column.name) for column in recorded.c if _is_figure(column)][1:]
    return (
        select(users.c.unit_id, users.c.id, missed, *nothing, literal(0))
        .join(people, people.c.user_id == users.c.id)
        .outerjoin(came, came.c.user_id == users.c.id)
        .where(users.c.active)
    )


def _judged(days: Workdays) -> ColumnElement[bool]:
    return or_(_over(days), and_(_day.work_date == days.today, _out))


def _over(days: Workdays) -> ColumnElement[bool]:
    return _day.work_date == any_(literal(list(days.over), ARRAY(Date)))


def _is_figure(column: ColumnElement[Any]) -> bool:
    return str(column.name).endswith("_count")
