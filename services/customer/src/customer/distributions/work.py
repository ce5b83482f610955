"""Distributions that wait for group marketing, as open work."""

from collections.abc import Sequence

from chassis.server import Call
from chassis.work import Place, Waiting, Words, behind
from sqlalchemy import null, select

from customer.customers.sections import DISTRIBUTE
from customer.distributions.rules import State
from customer.distributions.tables import distributions

_columns = distributions.c


class FiledDistributions:
    """What group marketing is asked to distribute. No rule names a deadline."""

    kind = "customerDistributions.decide"
    collection = "customerDistributions"
    title = Words("Decide a cross-section distribution", "处理跨版块分配申请")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        within = call.reach(DISTRIBUTE).clause(_columns.unit_id, null())
        mine = _columns.state == State.FILED, within, behind(after, None, _columns.id)
        query = select(_columns.id, _columns.created_at).where(*mine).order_by(_columns.id).limit(limit)
        return [Waiting(row.id, row.created_at) for row in call.connection.execute(query)]
