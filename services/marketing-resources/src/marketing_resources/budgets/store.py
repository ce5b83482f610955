"""Reads budgets."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from marketing_resources.budgets.tables import budgets
from marketing_resources.funds.tables import funds

_WITH_FUND = select(budgets, funds.c.code.label("fund_code")).join(funds, funds.c.id == budgets.c.fund_id)


def with_funds(connection: Connection, budget_ids: Iterable[str]) -> Sequence[Row[Any]]:
    """Return budgets, each with the code of its fund."""
    return connection.execute(_WITH_FUND.where(budgets.c.id.in_(list(budget_ids)))).all()
