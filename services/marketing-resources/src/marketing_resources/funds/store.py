"""Keeps funds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.pagination import Page
from chassis.search import entries
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from marketing_resources.funds.rules import FundExists, FundNotFound
from marketing_resources.funds.tables import funds

FOUND_AS = "funds"
_columns = funds.c


def add(connection: Connection, code: str, funder: str, fee_kind: str, at: datetime) -> Row[Any]:
    """Keep a fund and return its row. Raises FundExists."""
    statement = insert(funds).values(id=new_id(), code=code, funder=funder, fee_kind=fee_kind, created_at=at)
    row = connection.execute(statement.on_conflict_do_nothing().returning(funds)).one_or_none()
    if row is None:
        raise FundExists
    entries.write(connection, FOUND_AS, row.id, code, funder, fee_kind)
    return row


def read(connection: Connection, fund_id: str) -> Row[Any]:
    """Return the fund. Raises NotFound."""
    row = _find(connection, fund_id)
    if row is None:
        raise NotFound("fund")
    return row


def demand(connection: Connection, fund_id: str) -> None:
    """Raise FundNotFound unless there is such a fund; none is ever removed."""
    if _find(connection, fund_id) is None:
        raise FundNotFound


def read_page(connection: Connection, page: Page) -> Sequence[Row[Any]]:
    """Return the rows of a page and one more, by code. Raises InvalidFields for a foreign token."""
    query = select(funds).order_by(_columns.code).limit(page.size + 1)
    if key := page.key(_code):
        query = query.where(_columns.code > key[0])
    return connection.execute(query).all()


def _find(connection: Connection, fund_id: str) -> Row[Any] | None:
    return connection.execute(select(funds).where(_columns.id == fund_id)).one_or_none()


def _code(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or "\0" in value:
        raise ValueError
    return value
