"""Reads the progress of budgets."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from chassis.access import RowScope
from chassis.pagination import Page
from sqlalchemy import Connection, Row, null, select, tuple_

from reporting.budgets.tables import budgets
from reporting.rows import uuid_literal

_budget = budgets.c


def budget_rows(
    connection: Connection, page: Page, scope: RowScope, day: date, *, unit_id: str, fund_id: str
) -> Sequence[Row[Any]]:
    """Return a page of the budgets whose period contains the day, and one more if there is a next page."""
    query = select(budgets).where(
        scope.clause(_budget.unit_id, null()), _budget.period_start <= day, _budget.period_end >= day
    )
    if unit_id:
        query = query.where(_budget.unit_id == unit_id)
    if fund_id:
        query = query.where(_budget.fund_id == fund_id)
    if after := page.key(UUID, UUID):
        query = query.where(tuple_(_budget.unit_id, _budget.id) > tuple_(*map(uuid_literal, after)))
    return connection.execute(query.order_by(_budget.unit_id, _budget.id).limit(page.size + 1)).all()
