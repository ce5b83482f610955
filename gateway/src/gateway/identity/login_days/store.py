"""Keeps login days and standings."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.pagination import Page
from sqlalchemy import Connection, Row, func, literal, select, text, tuple_, update

from gateway.identity.login_days.tables import login_days, standings
from gateway.identity.roles.tables import role_assignments

_days, _standings = login_days.c, standings.c

# The business clock of a demo may be set back: a login of an earlier day changes nothing about today.
_KEEP = text(
    "WITH day AS (INSERT INTO login_days (user_id, work_date, unit_id, first_sign_in_at)"
    "  VALUES (:user_id, :day, :unit_id, :at) ON CONFLICT DO NOTHING RETURNING user_id, unit_id, work_date)"
    " INSERT INTO login_standings AS kept (user_id, unit_id, able, last_login_date, since_date)"
    " SELECT user_id, unit_id, true, work_date, work_date FROM day"
    " ON CONFLICT (user_id) DO UPDATE SET unit_id = excluded.unit_id, able = true,"
    "  last_login_date = greatest(kept.last_login_date, excluded.last_login_date),"
    "  since_date = greatest(kept.since_date, excluded.since_date),"
    "  noticed = kept.noticed AND kept.since_date >= excluded.since_date"
    " RETURNING true"
)
# What the accounts say now, whatever the event that called for a look said: a later one may have come first.
_FOLLOW = text(
    "INSERT INTO login_standings AS kept (user_id, unit_id, able, since_date)"
    " SELECT users.id, users.unit_id, users.state = 'ACTIVE' AND users.certified_at IS NOT NULL"
    "  AND EXISTS (SELECT FROM role_assignments held WHERE held.user_id = users.id), :today"
    " FROM users WHERE users.id = ANY(:user_ids)"
    " ON CONFLICT (user_id) DO UPDATE SET unit_id = excluded.unit_id, able = excluded.able,"
    "  since_date = CASE WHEN excluded.able AND NOT kept.able"
    "   THEN greatest(kept.since_date, excluded.since_date) ELSE kept.since_date END,"
    "  noticed = kept.noticed AND NOT (excluded.able AND NOT kept.able)"
)
_AWAY = text(
    "SELECT kept.user_id::text, users.unit_id::text, kept.since_date FROM login_standings kept"
    " JOIN users ON users.id = kept.user_id AND users.state = 'ACTIVE'"
    " WHERE kept.able AND NOT kept.noticed AND kept.since_date <= :until"
    " ORDER BY kept.since_date LIMIT :limit FOR UPDATE OF kept SKIP LOCKED"
)


def keep(connection: Connection, user_id: str, unit_id: str, day: date, at: datetime) -> bool:
    """Keep the login day. Returns False when it was kept before; of parallel callers one gets True."""
    values = {"user_id": user_id, "unit_id": unit_id, "day": day, "at": at}
    return connection.execute(_KEEP, values).first() is not None


def follow(connection: Connection, user_ids: Collection[str], today: date) -> None:
    """Take over what these accounts are now; the duties of who can sign in again begin today."""
    connection.execute(_FOLLOW, {"user_ids": sorted(user_ids), "today": today})


def away(connection: Connection, until: date, limit: int) -> Sequence["Row[Any]"]:
    """Return, locked, people who have not signed in since that day or longer, and were not told so."""
    return connection.execute(_AWAY, {"until": until, "limit": limit}).all()


def note_told(connection: Connection, user_ids: Collection[str]) -> None:
    connection.execute(update(standings).where(_standings.user_id.in_(user_ids)).values(noticed=True))


def read_days(
    connection: Connection,
    page: Page,
    scope: RowScope,
    *,
    user_id: str,
    unit_id: str,
    first: date | None,
    last: date | None,
) -> Sequence["Row[Any]"]:
    """Return the login days of a page and one more, newest first."""
    query = select(login_days).where(scope.clause(_days.unit_id, _days.user_id))
    if user_id:
        query = query.where(_days.user_id == user_id)
    if unit_id:
        query = query.where(_days.unit_id == unit_id)
    if first:
        query = query.where(_days.work_date >= first)
    if last:
        query = query.where(_days.work_date <= last)
    if key := page.key(date.fromisoformat, uuid.UUID):
        place = tuple_(key[0], literal(str(key[1]), _days.user_id.type))
        query = query.where(tuple_(_days.work_date, _days.user_id) < place)
    ordered = query.order_by(_days.work_date.desc(), _days.user_id.desc())
    return connection.execute(ordered.limit(page.size + 1)).all()


def read_standings(
    connection: Connection,
    page: Page,
    scope: RowScope,
    *,
    user_id: str,
    unit_id: str,
    before: date | None,
    role_codes: Collection[str],
) -> Sequence["Row[Any]"]:
    """Return the people of a page and one more, whoever has been away longest first.

    `before` leaves those who are counted from an earlier day than this, `role_codes` those who hold one of
    them. What is empty does not matter.
    """
    query = select(standings).where(_standings.able, scope.clause(_standings.unit_id, _standings.user_id))
    if user_id:
        query = query.where(_standings.user_id == user_id)
    if unit_id:
        query = query.where(_standings.unit_id == unit_id)
    if before:
        query = query.where(_standings.since_date < before)
    if role_codes:
        held = role_assignments.c
        query = query.where(
            _standings.user_id.in_(select(held.user_id).where(held.role_code.in_(sorted(role_codes))))
        )
    if key := page.key(date.fromisoformat, uuid.UUID):
        place = tuple_(key[0], literal(str(key[1]), _standings.user_id.type))
        query = query.where(tuple_(_standings.since_date, _standings.user_id) > place)
    ordered = query.order_by(_standings.since_date, _standings.user_id)
    return connection.execute(ordered.limit(page.size + 1)).all()


def days_between(
    connection: Connection, user_ids: Collection[str], first: date, last: date
) -> Mapping[str, int]:
    """Return how many login days these people have from a day to another, both included."""
    query = select(_days.user_id, func.count()).where(
        _days.user_id.in_(user_ids), _days.work_date >= first, _days.work_date <= last
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(_days.user_id))}


def roles_of(connection: Connection, user_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Return the codes of the roles that these people hold."""
    held = role_assignments.c
    query = select(held.user_id, func.array_agg(held.role_code)).where(held.user_id.in_(user_ids))
    return {row[0]: frozenset(row[1]) for row in connection.execute(query.group_by(held.user_id))}
