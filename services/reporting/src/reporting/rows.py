"""The rows of a report: one per person and unit, or one per unit, in the caller's scope, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.access import RowScope
from chassis.pagination import Page, page_of
from chassis.server import Call
from google.protobuf.message import Message
from journeyman.reporting.v1 import reports_pb2
from sqlalchemy import ColumnElement, Row, Select, and_, literal, select, true, tuple_
from sqlalchemy.dialects import postgresql


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows a caller asked for.

    The `columns` of its methods belong to a table or subquery with a `unit_id` and a `user_id`.
    """

    page: Page
    scope: RowScope
    by_unit: bool
    unit_id: str

    def keys(self, columns: Any) -> list[ColumnElement[Any]]:
        """Return what makes a row: unit and person, or the unit alone."""
        return [columns.unit_id] if self.by_unit else [columns.unit_id, columns.user_id]

    def within(self, columns: Any) -> ColumnElement[bool]:
        """Return the condition that keeps figures inside the caller's scope and the unit asked for."""
        asked = columns.unit_id == self.unit_id if self.unit_id else true()
        return and_(self.scope.clause(columns.unit_id, columns.user_id), asked)

    def select(self, columns: Any, *figures: ColumnElement[Any]) -> Select[Any]:
        """Return the query of one page, by unit and person, and of one row more: it tells of a next page."""
        keys = self.keys(columns)
        query = select(*keys, *figures).where(self.within(columns)).group_by(*keys).order_by(*keys)
        if after := self.page.key(UUID, self.read_user):
            query = query.where(tuple_(*keys) > tuple_(*map(uuid_literal, after[: len(keys)])))
        return query.limit(self.page.size + 1)

    def cut(self, rows: Sequence[Row[Any]]) -> tuple[Sequence[Row[Any]], str]:
        """Return the rows of the page, and the token of the next one or an empty string."""
        return self.page.cut(rows, lambda row: (row.unit_id, user_of(row)))

    def read_user(self, value: str) -> UUID | None:
        """Read the person of a page token; a row of a unit has none. Raises ValueError."""
        return None if self.by_unit else UUID(value)


def rows_of(request: Message, call: Call, *, keys: int = 2) -> Rows:
    """Read grouping, unit and page of a report's request. Raises InvalidFields for a foreign page token."""
    by_unit = getattr(request, "group_by") == reports_pb2.GROUPING_UNIT  # noqa: B009 - of several messages
    return Rows(page_of(request, keys=keys), call.scope, by_unit, getattr(request, "unit_id", ""))


def user_of(row: Row[Any]) -> str:
    """Return the person of a row; empty when the row is a unit's."""
    return getattr(row, "user_id", "")


def uuid_literal(value: UUID) -> ColumnElement[UUID]:
    return literal(value, postgresql.UUID(as_uuid=True))
