"""Reads the customer report."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Integer, Row, cast, func

from reporting.customers.tables import customers
from reporting.rows import Rows

_ACTIVE = cast(func.count(), Integer).label("active_count")


def customer_rows(connection: Connection, rows: Rows) -> Sequence[Row[Any]]:
    """Return one page of the numbers of active customers, and one row more if there is a next page."""
    return connection.execute(rows.select(customers.c, _ACTIVE).where(customers.c.active)).all()
