"""Ranks people or units by their visits."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from directory.tables import units
from journeyman.reporting.v1 import reports_pb2
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Integer,
    Row,
    Select,
    Subquery,
    cast,
    func,
    literal,
    select,
    tuple_,
)

from reporting.periods import Period
from reporting.rows import Rows, user_of, uuid_literal
from reporting.visits.tables import visit_days

Metric = reports_pb2.GetVisitRankingRequest.Metric
_sums = {column.name: func.sum(column) for column in visit_days.c if column.name.endswith("_count")}


def _share(part: str, whole: str) -> ColumnElement[float]:
    """Divide sums; equal shares give equal numbers, so that 1/3 ties with 2/6."""
    return func.coalesce(cast(_sums[part], Double) / func.nullif(_sums[whole], 0), 0)


_VALUES: dict[int, ColumnElement[Any]] = {
    Metric.METRIC_VALID_VISITS: cast(_sums["valid_count"], Double),
    Metric.METRIC_CALL_COMPLIANCE: _share("visited_stop_count", "planned_count"),
    Metric.METRIC_VALIDITY: _share("valid_count", "visit_count"),
}


def ranked_rows(connection: Connection, rows: Rows, period: Period, metric: int) -> Sequence[Row[Any]]:
    """Return one page of the ranking, best first, and one row more if there is a next page.

    A09: equal values share a place and the next place is skipped (1, 1, 3). All that the caller may see is
    ranked before the page is cut; the unit's code orders equal places and nothing else.
    """
    ranked = _ranked(rows, period, metric).subquery()
    keys = [ranked.c.rank, ranked.c.code, *rows.keys(ranked.c)]
    query = select(ranked).order_by(*keys)
    if after := rows.page.key(_read_rank, UUID, rows.read_user):
        query = query.where(tuple_(*keys) > tuple_(*_place(after)[: len(keys)]))
    return connection.execute(query.limit(rows.page.size + 1)).all()


def cut(rows: Rows, found: Sequence[Row[Any]]) -> tuple[Sequence[Row[Any]], str]:
    """Return the rows of the page, and the token of the next one or an empty string."""
    return rows.page.cut(found, lambda row: (row.rank, row.unit_id, user_of(row)))


def _ranked(rows: Rows, period: Period, metric: int) -> Select[Any]:
    scored = _scored(rows, period, metric)
    place = cast(func.rank().over(order_by=scored.c.value.desc()), Integer).label("rank")
    code = func.coalesce(units.c.code, "").label("code")
    return select(place, code, scored).outerjoin(units, units.c.id == scored.c.unit_id)


def _scored(rows: Rows, period: Period, metric: int) -> Subquery:
    keys = rows.keys(visit_days.c)
    value = _VALUES[metric or Metric.METRIC_VALID_VISITS].label("value")
    within = rows.within(visit_days.c) & visit_days.c.visit_date.between(period.first, period.last)
    return select(*keys, value).where(within).group_by(*keys).subquery()


def _place(after: tuple[Any, ...]) -> list[ColumnElement[Any]]:
    rank, unit_id, user_id = after
    code = select(units.c.code).where(units.c.id == uuid_literal(unit_id)).scalar_subquery()
    return [literal(rank), func.coalesce(code, ""), uuid_literal(unit_id), uuid_literal(user_id)]


def _read_rank(value: int) -> int:
    if not isinstance(value, int) or not 0 < value < 2**31:
        raise ValueError(value)
    return value
