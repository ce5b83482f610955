"""Funds as the search over all services finds them."""

from collections.abc import Sequence

from chassis.access import RowScope
from chassis.search import Found, Query, entries
from chassis.server import Call
from sqlalchemy import select

from marketing_resources.funds.store import FOUND_AS
from marketing_resources.funds.tables import funds

_columns = funds.c


class Funds:
    """Funds by code, funder and kind of fee; they are a catalogue for all units."""

    kind = FOUND_AS
    permission = "funds.read"

    def find(self, call: Call, _scope: RowScope, query: Query, limit: int) -> Sequence[Found]:
        catalogue = select(_columns.id, _columns.code, _columns.funder, _columns.fee_kind)
        rows = entries.best(call.connection, catalogue, _columns.id, kind=self.kind, query=query, limit=limit)
        return [Found(row.id, row.code, f"{row.funder} {row.fee_kind}") for row in rows]
