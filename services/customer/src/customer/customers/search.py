"""Customers as the search over all services finds them."""

from collections.abc import Sequence

from chassis.access import RowScope
from chassis.pagination import Page
from chassis.search import Found, Query
from chassis.server import Call
from journeyman.customer.v1 import customers_pb2

from customer.customers import listing
from customer.customers.store import SELECT
from customer.customers.tables import COLUMNS

_ID, _NAME, _ADDRESS = (COLUMNS.index(column) for column in ("id", "name", "address"))
_EXACT = "(name = %s OR code <> '' AND code = ANY(%s) OR phone <> '' AND phone = %s)"


class Customers:
    """Customers by name, code and phone number."""

    kind = "customers"
    permission = "customers.read"

    def find(self, call: Call, scope: RowScope, query: Query, limit: int) -> Sequence[Found]:
        within, arguments = scope.condition("unit_id", "owner_id")
        statement = f"{SELECT} WHERE {_EXACT} AND {within} LIMIT {limit}"
        codes = [query.text, query.text.upper(), query.text.lower()]
        values = [query.text, codes, query.key, *arguments]
        exact = call.raw.execute(statement, values, prepare=False, binary=True)
        request = customers_pb2.ListCustomersRequest(query=query.text)
        parts = listing.find(call.raw, request, Page(limit, None, ""), listing.order_of(request), scope)
        found = {row[_ID]: Found(row[_ID], row[_NAME], row[_ADDRESS]) for row in (*exact, *parts)}
        return list(found.values())[:limit]
