"""Reads the visit report."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Integer, Row, cast, func

from reporting.periods import Period
from reporting.rows import Rows
from reporting.visits.tables import visit_days

_FIGURES = [
    cast(func.sum(column), Integer).label(column.name)
    for column in visit_days.c
    if column.name.endswith("_count")
]


def visit_rows(connection: Connection, rows: Rows, period: Period) -> Sequence[Row[Any]]:
    """Return the sums over the period of one page, and one row more if there is a next page."""
    within = visit_days.c.visit_date.between(period.first, period.last)
    return connection.execute(rows.select(visit_days.c, *_FIGURES).where(within)).all()
