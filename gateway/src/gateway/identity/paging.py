"""Paging of lists that are sorted by one name."""

from collections.abc import Sequence
from typing import Any

from chassis.pagination import Page
from sqlalchemy import Column, Connection, Row, Select


def page_by_name(
    connection: Connection, query: "Select[Any]", name: "Column[str]", page: Page
) -> tuple[Sequence["Row[Any]"], str]:
    """Return the rows of the page and the token of the next one, empty on the last page."""
    key = page.key(_storable)
    if key is not None:
        query = query.where(name > key[0])
    rows = connection.execute(query.order_by(name).limit(page.size + 1)).all()
    return page.cut(rows, lambda row: (getattr(row, name.key),))


def _storable(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value
