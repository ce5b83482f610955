"""Keeps violations; finding the same one again changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from visit.day_lists import newest_day_first
from visit.violations.rules import Breach, Kind
from visit.violations.tables import violations

_columns = violations.c


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDay:
    """Whose day it was that a breach was found in, and the policy it was judged by."""

    user_id: str
    unit_id: str
    work_date: date
    work_policy_id: str


def record(
    connection: Connection, day: PersonDay, breaches: Sequence[Breach], at: datetime
) -> Sequence[Row[Any]]:
    """Keep the breaches and return the rows of those that are new: detection can be repeated."""
    if not breaches:
        return []
    statement = insert(violations).values([_row(day, breach, at) for breach in breaches])
    return connection.execute(statement.on_conflict_do_nothing().returning(violations)).all()


def read(connection: Connection, violation_id: str, scope: RowScope) -> Row[Any]:
    """Return the violation. Raises NotFound, outside the scope too."""
    in_scope = scope.clause(_columns.unit_id, _columns.user_id)
    row = connection.execute(select(violations).where(_columns.id == violation_id, in_scope)).one_or_none()
    if row is None:
        raise NotFound("violation")
    return row


def read_page(
    connection: Connection, request: Any, page: Page, scope: RowScope, kind: Kind | None
) -> Sequence[Row[Any]]:
    """Return the rows of a page and one more. Raises InvalidFields."""
    query = newest_day_first(violations, _columns.work_date, request, page, scope)
    if kind:
        query = query.where(_columns.kind == kind)
    return connection.execute(query).all()


def _row(day: PersonDay, breach: Breach, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": day.user_id,
        "unit_id": day.unit_id,
        "kind": breach.kind,
        "work_date": day.work_date,
        "started_at": breach.started_at,
        "ended_at": breach.ended_at,
        "fine_minor_units": breach.fine.minor_units if breach.fine else None,
        "fine_currency": breach.fine.currency if breach.fine else None,
        "rule_id": breach.rule_id,
        "work_policy_id": day.work_policy_id or None,
        "created_at": at,
    }
