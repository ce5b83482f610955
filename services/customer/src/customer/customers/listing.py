"""Lists of customers: filters, search, order and pages in one statement."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from chassis.access import RowScope
from chassis.errors import FieldProblem, InvalidFields
from chassis.pagination import Page
from chassis.search.grams import is_exact, query_grams
from chassis.search.names import key
from journeyman.customer.v1 import customers_pb2

from customer.customers.store import SELECT
from customer.customers.tables import COLUMNS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = COLUMNS.index("id")


def _time(value: Any) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=value)
    except OverflowError:
        raise ValueError from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value


@dataclass(frozen=True, slots=True)
class Order:
    """A way to sort; `read` makes the column's value from a page token's, or raises ValueError, TypeError."""

    column: str
    descending: bool
    read: Callable[[Any], object]

    def key(self, row: tuple[Any, ...]) -> tuple[str | int, str]:
        """Return the sort key of a row for the page token."""
        return row[COLUMNS.index(self.column)], row[_ID]


_ORDERS = {
    "": Order("created_at", descending=True, read=_time),
    "create_time desc": Order("created_at", descending=True, read=_time),
    "create_time": Order("created_at", descending=False, read=_time),
    "name": Order("name", descending=False, read=_text),
    "name desc": Order("name", descending=True, read=_text),
    "update_time desc": Order("updated_at", descending=True, read=_time),
}


def order_of(request: customers_pb2.ListCustomersRequest) -> Order:
    """Return the order that the request asks for. Raises InvalidFields for an unknown one."""
    order = _ORDERS.get(" ".join(request.order_by.split()))
    if order is None:
        choices = ", ".join(filter(None, _ORDERS))
        problem = FieldProblem(
            "orderBy", "ORDER_UNKNOWN", f"must be one of: {choices}", f"只能是以下之一:{choices}"
        )
        raise InvalidFields(problem)
    return order


def find(
    connection: "psycopg.Connection[Any]",
    request: customers_pb2.ListCustomersRequest,
    page: Page,
    order: Order,
    scope: RowScope,
) -> list[tuple[Any, ...]]:
    """Return the `COLUMNS` of the page's customers and of one more when there is a next page."""
    within, arguments = scope.condition("unit_id", "owner_id")
    conditions = [within]
    for condition, values in (*_filters(request), *_search(request.query), *_behind(page, order)):
        conditions.append(condition)
        arguments.extend(values)
    direction = "DESC" if order.descending else "ASC"
    statement = (
        f"{SELECT} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {order.column} {direction}, id {direction} LIMIT {page.size + 1}"
    )
    # Not prepared: whether to walk the order or to collect and sort depends on how common the values are.
    return connection.execute(statement, arguments, prepare=False, binary=True).fetchall()


_Condition = tuple[str, list[object]]


def _filters(request: customers_pb2.ListCustomersRequest) -> list[_Condition]:
    state = customers_pb2.Customer.State.Name(request.state).removeprefix("STATE_") if request.state else ""
    candidates: list[tuple[str, str]] = [
        ("unit_id = %s::uuid", request.unit_id),
        ("owner_id = %s::uuid", request.owner_id),
        ("channel_type = %s", request.channel_type),
        ("division_code LIKE %s", f"{request.division_code}%" if request.division_code else ""),
        ("state = %s", state),
    ]
    return [(condition, [value]) for condition, value in candidates if value]


def _search(query: str) -> list[_Condition]:
    wanted = key(query)
    if not wanted:
        return []
    candidates: _Condition = ("search_grams @> %s::text[]", [query_grams(wanted)])
    return [candidates] if is_exact(wanted) else [candidates, ("strpos(search_text, %s) > 0", [wanted])]


def _behind(page: Page, order: Order) -> list[_Condition]:
    after = page.key(order.read, uuid.UUID)
    if after is None:
        return []
    comparison = "<" if order.descending else ">"
    return [(f"({order.column}, id) {comparison} (%s, %s)", [*after])]
