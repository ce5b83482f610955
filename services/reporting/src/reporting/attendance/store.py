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
    Subquery,
    Text,
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
from reporting.attendance.tables import attendance_days, former_units
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
    the unit that the person was in then; so each person has each workday once, in whatever units.
    """
    recorded = _recorded(rows, days)
    missed = [_missed(recorded, days)]
    if days.over:
        never_moved = users.c.id.not_in(select(former_units.c.user_id))
        missed = [missed[0].where(never_moved), _missed_by_stay(recorded, days)]
    counted = union_all(select(recorded), *missed).subquery()
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
    came = _came(recorded)
    missed = literal(len(days.over)) - func.coalesce(came.c.days, 0)
    return (
        select(users.c.unit_id, users.c.id, missed, *_nothing_else(recorded))
        .outerjoin(came, came.c.user_id == users.c.id)
        .where(_expected(came))
    )


def _missed_by_stay(recorded: CTE, days: Workdays) -> Select[Any]:
    """The same of people who have moved: one row for each unit that they were in on some of the days."""
    came, stays = _came(recorded), _stays()
    day = func.unnest(literal(list(days.over), ARRAY(Date))).column_valued("day")
    worked = select(func.count()).where(day >= stays.c.begin, day < stays.c.end).scalar_subquery()
    within = and_(_day.work_date >= stays.c.begin, _day.work_date < stays.c.end)
    there = select(func.count()).where(_day.user_id == stays.c.user_id, _over(days), within)
    return (
        select(stays.c.unit_id, stays.c.user_id, worked - there.scalar_subquery(), *_nothing_else(recorded))
        .join(users, users.c.id == stays.c.user_id)
        .outerjoin(came, came.c.user_id == users.c.id)
        .where(_expected(came), worked > 0)
    )


def _stays() -> Subquery:
    """Who has moved, with each unit, the day on which the stay there began and the day on which it ended."""
    left = former_units.c.left_on
    before = func.lag(left).over(partition_by=former_units.c.user_id, order_by=left)
    former = select(
        former_units.c.user_id,
        former_units.c.unit_id,
        func.coalesce(before, _day_of("-infinity")).label("begin"),
        left.label("end"),
    )
    began = select(former_units.c.user_id, func.max(left).label("begin"))
    last = began.group_by(former_units.c.user_id).subquery()
    now = select(users.c.id, users.c.unit_id, last.c.begin, _day_of("infinity")).join(
        last, last.c.user_id == users.c.id
    )
    return union_all(former, now).subquery()


def _day_of(name: str) -> ColumnElement[Any]:
    return cast(literal(name, Text), Date)


def _came(recorded: CTE) -> Subquery:
    """Who has some record, and how many of the days that are over have one."""
    came_days = func.sum(recorded.c.days_over).label("days")
    return select(recorded.c.user_id, came_days).group_by(recorded.c.user_id).subquery()


def _expected(came: Subquery) -> ColumnElement[bool]:
    field_staff = literal(FIELD_ROLE) == any_(users.c.role_codes)
    return and_(users.c.active, or_(came.c.user_id.is_not(None), field_staff))


def _nothing_else(recorded: CTE) -> list[ColumnElement[Any]]:
    """Zeros for the figures behind the first one, which is the number of workdays."""
    return [*[literal(0).label(column.name) for column in recorded.c if _is_figure(column)][1:], literal(0)]


def _judged(days: Workdays) -> ColumnElement[bool]:
    today = and_(_day.work_date == days.today, _out) if days.today else false()
    return or_(_over(days), today)


def _over(days: Workdays) -> ColumnElement[bool]:
    return _day.work_date == any_(literal(list(days.over), ARRAY(Date)))


def _is_figure(column: ColumnElement[Any]) -> bool:
    return str(column.name).endswith("_count")
