"""Budgets as the search over all services finds them."""

from collections.abc import Sequence

from chassis.access import RowScope
from chassis.search import Found, Query, entries
from chassis.server import Call
from sqlalchemy import null, select

from marketing_resources.budgets.tables import budgets
from marketing_resources.funds.store import FOUND_AS as FUNDS
from marketing_resources.funds.tables import funds

_columns = budgets.c


class Budgets:
    """Budgets by what their fund is found by; the subtitle is the period."""

    kind = "budgets"
    permission = "budgets.read"

    def find(self, call: Call, scope: RowScope, query: Query, limit: int) -> Sequence[Found]:
        granted = (
            select(
                _columns.id, funds.c.code, _columns.resource_class, _columns.period_start, _columns.period_end
            )
            .join(funds, funds.c.id == _columns.fund_id)
            .where(scope.clause(_columns.unit_id, null()))
        )
        rows = entries.best(call.connection, granted, _columns.fund_id, kind=FUNDS, query=query, limit=limit)
        return [
            Found(row.id, f"{row.code} {row.resource_class}", f"{row.period_start} – {row.period_end}")
            for row in rows
        ]
