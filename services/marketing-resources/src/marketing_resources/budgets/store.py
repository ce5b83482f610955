"""Keeps budgets; their balances move in the ledger only."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.pagination import Page
from journeyman.marketing.v1 import budgets_pb2
from sqlalchemy import Connection, Row, literal, null, select
from sqlalchemy.dialects.postgresql import insert

from marketing_resources.budgets.rules import BudgetExists, Grant
from marketing_resources.budgets.tables import budgets
from marketing_resources.funds.tables import funds

_columns = budgets.c
_WITH_FUND = select(budgets, funds.c.code.label("fund_code")).join(funds, funds.c.id == _columns.fund_id)


def add(connection: Connection, grant: Grant, at: datetime) -> str:
    """Keep a budget that has nothing yet, and return its id. Raises BudgetExists."""
    statement = insert(budgets).values(
        id=new_id(),
        fund_id=grant.fund_id,
        resource_class=grant.resource_class,
        unit_id=grant.unit_id,
        period_start=grant.period.start,
        period_end=grant.period.end,
        currency=grant.amount.currency,
        available=0,
        reserved=0,
        committed=0,
        paid=0,
        sequence=0,
        created_at=at,
        updated_at=at,
    )
    added = statement.on_conflict_do_nothing().returning(_columns.id)
    budget_id: str | None = connection.execute(added).scalar_one_or_none()
    if budget_id is None:
        raise BudgetExists
    return budget_id


def read(connection: Connection, budget_id: str, scope: RowScope) -> Row[Any]:
    """Return the budget. Raises NotFound, outside the scope too."""
    in_scope = scope.clause(_columns.unit_id, null())
    row = connection.execute(select(budgets).where(_columns.id == budget_id, in_scope)).one_or_none()
    if row is None:
        raise NotFound("budget")
    return row


def read_page(
    connection: Connection,
    request: budgets_pb2.ListBudgetsRequest,
    on: date | None,
    page: Page,
    scope: RowScope,
) -> Sequence[Row[Any]]:
    """Return the rows of a page and one more, newest first. Raises InvalidFields for a foreign token."""
    query = select(budgets).where(scope.clause(_columns.unit_id, null()))
    if request.unit_id:
        query = query.where(_columns.unit_id == request.unit_id)
    if request.fund_id:
        query = query.where(_columns.fund_id == request.fund_id)
    if on:
        query = query.where(_columns.period_start <= on, _columns.period_end >= on)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < literal(str(key[0]), _columns.id.type))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()


def with_funds(connection: Connection, budget_ids: Iterable[str]) -> Sequence[Row[Any]]:
    """Return budgets, each with the code of its fund."""
    return connection.execute(_WITH_FUND.where(_columns.id.in_(list(budget_ids)))).all()
