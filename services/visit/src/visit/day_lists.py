"""Lists of what happened to people on days: newest day first, inside the caller's scope."""

from datetime import date
from typing import Any
from uuid import UUID

from chassis.access import RowScope
from chassis.dates import optional_date
from chassis.pagination import Page
from sqlalchemy import Column, Select, Table, literal, select, tuple_


def newest_day_first(
    table: Table, day: "Column[date]", request: Any, page: Page, scope: RowScope
) -> Select[Any]:
    """Select the rows of a page and one more, which tells whether another page follows.

    Args:
        table: has `id`, `user_id` and `unit_id`.
        day: its column with the civil date.
        request: has `user_id`, `from_date` and `to_date`.
        page: the page asked for.
        scope: rows outside it are left out.

    Raises InvalidFields for a date that is none and for a page token of another list.
    """
    columns = table.c
    query = select(table).where(scope.clause(columns.unit_id, columns.user_id))
    if request.user_id:
        query = query.where(columns.user_id == request.user_id)
    if first := optional_date(request.from_date, "fromDate"):
        query = query.where(day >= first)
    if last := optional_date(request.to_date, "toDate"):
        query = query.where(day <= last)
    if key := page.key(date.fromisoformat, UUID):
        query = query.where(tuple_(day, columns.id) < tuple_(key[0], literal(str(key[1]), columns.id.type)))
    return query.order_by(day.desc(), columns.id.desc()).limit(page.size + 1)
