"""Spend plans as the search over all services finds them."""

from collections.abc import Sequence

from chassis.access import RowScope
from chassis.search import Found, Query, entries
from chassis.server import Call
from sqlalchemy import select

from marketing_resources.spend_plans.store import FOUND_AS
from marketing_resources.spend_plans.tables import spend_plans

_columns = spend_plans.c


class SpendPlans:
    """Spend plans by title; the subtitle is the month."""

    kind = FOUND_AS
    permission = "spendPlans.read"

    def find(self, call: Call, scope: RowScope, query: Query, limit: int) -> Sequence[Found]:
        plans = select(_columns.id, _columns.title, _columns.month_start).where(
            scope.clause(_columns.unit_id, _columns.applicant_id)
        )
        rows = entries.best(call.connection, plans, _columns.id, kind=self.kind, query=query, limit=limit)
        return [Found(row.id, row.title, f"{row.month_start:%Y-%m}") for row in rows]
