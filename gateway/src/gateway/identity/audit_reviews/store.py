"""Keeps reviews, and counts what they are about."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from chassis.access import RowScope
from chassis.calendar import BUSINESS_ZONE
from chassis.identifiers import new_id
from chassis.pagination import Page
from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.identity.audit_log.tables import audit_head, audit_log
from gateway.identity.audit_reviews.rules import Period
from gateway.identity.audit_reviews.tables import audit_review_reminders, audit_reviews
from gateway.identity.org_units.tables import org_units

MOST_COUNTED = 1_000_000
_columns = audit_reviews.c
_TOP = select(org_units.c.id).where(org_units.c.parent_id.is_(None))

_UNREVIEWED = text(
    "SELECT month, reminded_at FROM audit_review_reminders WHERE month >= :first AND NOT EXISTS ("
    " SELECT FROM audit_reviews WHERE unit_id = :top_id AND period_start <= month"
    " AND period_end >= month + interval '1 month' - interval '1 day') ORDER BY month LIMIT :limit"
)


def find(connection: Connection, review_id: str, scope: RowScope) -> "Row[Any] | None":
    query = select(audit_reviews).where(_columns.id == review_id, _within(scope))
    return connection.execute(query).first()


def list_page(
    connection: Connection, scope: RowScope, page: Page, unit_id: str
) -> tuple[Sequence["Row[Any]"], str]:
    """Return reviews, newest first, and the token of the next page."""
    query = select(audit_reviews).where(_within(scope))
    if unit_id:
        query = query.where(_columns.unit_id == unit_id)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < str(key[0]))
    rows = connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()
    shown = rows[: page.size]
    return shown, page.token((shown[-1].id,)) if len(rows) > len(shown) else ""


def add(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any]":
    """Record a review, with the head of the sealed log as it is now."""
    head = connection.execute(select(audit_head.c.position, audit_head.c.hash)).one()
    row = {"id": new_id(), **values, "position": head.position, "hash": head.hash, "created_at": at}
    return connection.execute(insert(audit_reviews).values(row).returning(audit_reviews)).one()


def count_entries(connection: Connection, period: Period, unit_ids: Iterable[str], *, unit_id: str) -> int:
    """Count what the people of these units did, and, for the top unit, machines and unknowns."""
    caller_unit = audit_log.c.caller_unit_id
    of_units: ColumnElement[bool] = caller_unit.in_(sorted(unit_ids))
    if connection.execute(_TOP).scalar() == unit_id:
        of_units = or_(of_units, caller_unit.is_(None))
    start, end = (
        datetime.combine(day, time(), BUSINESS_ZONE) for day in (period.start, period.end + timedelta(days=1))
    )
    occurred_at = audit_log.c.occurred_at
    entries = select(audit_log.c.id).where(occurred_at >= start, occurred_at < end, of_units)
    query = select(func.count()).select_from(entries.limit(MOST_COUNTED).subquery())
    return int(connection.execute(query).scalar_one())


def remind_once(connection: Connection, month: Period, at: datetime) -> str | None:
    """Return the top unit if it lacks a review of this month and a reminder, and note the reminder."""
    top = connection.execute(_TOP).scalar()
    covering = _columns.period_start <= month.start, _columns.period_end >= month.end
    reviewed = select(_columns.id).where(_columns.unit_id == top, *covering).limit(1)
    if top is None or connection.execute(reviewed).first():
        return None
    noted = upsert(audit_review_reminders).values(month=month.start, reminded_at=at).on_conflict_do_nothing()
    return str(top) if connection.execute(noted.returning(audit_review_reminders.c.month)).first() else None


def top_unit(connection: Connection, visible: "ColumnElement[bool]") -> str | None:
    """Return the top unit if it is visible."""
    return connection.execute(_TOP.where(visible)).scalar()


def unreviewed(connection: Connection, top_id: str, first: date, limit: int) -> Sequence["Row[Any]"]:
    """Return the months, from the first on, that were reminded of and still lack a review of the top unit."""
    values = {"top_id": top_id, "first": first, "limit": limit}
    return connection.execute(_UNREVIEWED, values).all()


def _within(scope: RowScope) -> "ColumnElement[bool]":
    return scope.clause(_columns.unit_id, _columns.reviewer_id)
