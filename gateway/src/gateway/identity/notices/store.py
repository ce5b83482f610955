"""Queries and writes of inboxes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.pagination import Page
from sqlalchemy import Connection, Row, delete, func, insert, select, text, tuple_, update

from gateway.identity.notices.rules import KEPT
from gateway.identity.notices.tables import notices

UNREAD_SHOWN = 100
SWEPT_AT_ONCE = 1000

_REMEMBER = text(
    "INSERT INTO notice_keys (digest, told_at) SELECT unnest(CAST(:digests AS bytea[])), :at"
    " ON CONFLICT DO NOTHING RETURNING digest"
)


def remember(connection: Connection, digests: Collection[bytes], at: datetime) -> frozenset[bytes]:
    """Keep for ever that these were told. Returns those that were not yet."""
    if not digests:
        return frozenset()
    # in one order everywhere: two consumers that write the same keys wait for each other in a row
    values = {"digests": sorted(digests), "at": at}
    return frozenset(map(bytes, connection.execute(_REMEMBER, values).scalars()))


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(notices), rows)


def find(connection: Connection, notice_id: str, user_id: str) -> "Row[Any] | None":
    query = select(notices).where(notices.c.id == notice_id, notices.c.user_id == user_id)
    return connection.execute(query).first()


def read_page(connection: Connection, user_id: str, page: Page, *, unread_only: bool) -> Sequence["Row[Any]"]:
    """Return the notices of a page and one more, newest first."""
    query = select(notices).where(notices.c.user_id == user_id)
    if unread_only:
        query = query.where(notices.c.read_at.is_(None))
    if key := page.key(datetime.fromisoformat, UUID):
        query = query.where(tuple_(notices.c.created_at, notices.c.id) < (key[0], str(key[1])))
    order = notices.c.created_at.desc(), notices.c.id.desc()
    return connection.execute(query.order_by(*order).limit(page.size + 1)).all()


def unread(connection: Connection, user_id: str) -> int:
    """Count a person's unread notices, at most a hundred."""
    found = select(notices.c.id).where(notices.c.user_id == user_id, notices.c.read_at.is_(None))
    return connection.execute(
        select(func.count()).select_from(found.limit(UNREAD_SHOWN).subquery())
    ).scalar_one()


def mark_named(connection: Connection, user_id: str, ids: Sequence[str], at: datetime) -> int:
    """Mark a person's notices as read. Returns how many were unread."""
    return _mark(connection, user_id, at, notices.c.id.in_(ids))


def mark_until(connection: Connection, user_id: str, until: datetime, at: datetime) -> int:
    """Mark what a person was told until then as read. Returns how many were unread."""
    return _mark(connection, user_id, at, notices.c.created_at <= until)


def _mark(connection: Connection, user_id: str, at: datetime, which: Any) -> int:
    unread_ones = notices.c.user_id == user_id, notices.c.read_at.is_(None), which
    return connection.execute(update(notices).where(*unread_ones).values(read_at=at)).rowcount


def take_due_mail(connection: Connection, at: datetime, most: int) -> Sequence["Row[Any]"]:
    """Return notices whose mail is due, and no longer: who takes them owes it with the transaction."""
    due = select(notices.c.id).where(notices.c.mail_at <= at).order_by(notices.c.mail_at).limit(most)
    taken = update(notices).where(notices.c.id.in_(due.with_for_update(skip_locked=True)))
    rows = connection.execute(taken.values(mail_at=None).returning(notices)).all()
    return sorted(rows, key=lambda row: (row.created_at, row.id))


def oldest_due_mail(connection: Connection) -> datetime | None:
    return connection.execute(select(func.min(notices.c.mail_at))).scalar()


def forget(connection: Connection, at: datetime) -> int:
    """Delete up to a thousand notices that nobody looks at any more. Returns how many."""
    aged = select(notices.c.id).where(notices.c.created_at < at - KEPT).limit(SWEPT_AT_ONCE)
    return connection.execute(delete(notices).where(notices.c.id.in_(aged))).rowcount
