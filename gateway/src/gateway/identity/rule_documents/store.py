"""Keeps rule documents and their versions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import psycopg
from chassis.identifiers import new_id
from chassis.pagination import Page
from chassis.work import Place, behind
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError

from gateway.identity.paging import page_by_name
from gateway.identity.rule_documents.rules import RuleDocumentExists, RuleVersionInTheMaking, State
from gateway.identity.rule_documents.tables import documents, versions

_columns = versions.c


def add_document(connection: Connection, code: str, title: str, at: datetime) -> str:
    """Write a document and return its id. Raises RuleDocumentExists."""
    row = {"id": new_id(), "code": code, "title": title, "created_at": at}
    statement = insert_or(documents).values(row).on_conflict_do_nothing(index_elements=["code"])
    document_id = connection.execute(statement.returning(documents.c.id)).scalar()
    if document_id is None:
        raise RuleDocumentExists
    return str(document_id)


def find_document(connection: Connection, document_id: str, today: date) -> "Row[Any] | None":
    """Return the document with the version that is in force today, if there is one."""
    return connection.execute(_with_current(today).where(documents.c.id == document_id)).first()


def lock_document(connection: Connection, document_id: str) -> bool:
    """Keep others from drafting a version until we commit. Returns whether there is the document."""
    query = select(documents.c.id).where(documents.c.id == document_id).with_for_update()
    return connection.execute(query).first() is not None


def read_documents(
    connection: Connection, page: Page, today: date, *, everything: bool
) -> tuple[Sequence["Row[Any]"], str]:
    """Return documents by code and the token of the next page: all, or those with a version in force."""
    query = _with_current(today)
    if not everything:
        query = query.where(query.selected_columns.current_version_id.is_not(None))
    return page_by_name(connection, query, documents.c.code, page)


def current_id(connection: Connection, document_id: str, today: date) -> str | None:
    """Return the version of the document that is in force today."""
    query = _newest_signed(_columns.document_id == document_id, _columns.effective_date <= today)
    row = connection.execute(query).first()
    return row.id if row else None


def latest_signed(connection: Connection, document_id: str) -> date | None:
    """Return the day from which the newest signed version of the document holds."""
    row = connection.execute(_newest_signed(_columns.document_id == document_id)).first()
    return row.effective_date if row else None


def add(connection: Connection, document_id: str, values: dict[str, Any], at: datetime) -> "Row[Any]":
    """Write the next version of a document, which is locked. Raises RuleVersionInTheMaking."""
    newest = select(func.coalesce(func.max(_columns.number), 0)).where(_columns.document_id == document_id)
    row = {
        **values,
        "id": new_id(),
        "document_id": document_id,
        "number": newest.scalar_subquery() + 1,
        "state": State.DRAFT,
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }
    try:
        with connection.begin_nested():
            return connection.execute(insert(versions).values(row).returning(versions)).one()
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.UniqueViolation):
            raise RuleVersionInTheMaking from None
        raise


def find(
    connection: Connection, document_id: str, version_id: str, seen: "ColumnElement[bool]"
) -> "Row[Any] | None":
    return connection.execute(_one(document_id, version_id).where(seen)).first()


def lock(connection: Connection, document_id: str, version_id: str) -> "Row[Any] | None":
    """Return the version, which nobody else changes until we commit."""
    return connection.execute(_one(document_id, version_id).with_for_update()).first()


def change(connection: Connection, version_id: str, values: dict[str, Any], at: datetime) -> "Row[Any]":
    changed = {**values, "version": _columns.version + 1, "updated_at": at}
    statement = update(versions).where(_columns.id == version_id).values(changed)
    return connection.execute(statement.returning(versions)).one()


def read_page(
    connection: Connection, document_id: str, page: Page, seen: "ColumnElement[bool]"
) -> "Sequence[Row[Any]]":
    """Return the versions of a page and one more, newest first, without their texts."""
    shown = [literal("").label("text") if column.name == "text" else column for column in _columns]
    query = select(*shown).where(_columns.document_id == document_id, seen)
    if key := page.key(int):
        query = query.where(_columns.number < key[0])
    return connection.execute(query.order_by(_columns.number.desc()).limit(page.size + 1)).all()


def seen_by(today: date, *, everything: bool) -> "ColumnElement[bool]":
    """Return the condition of the versions that somebody sees: all, or those that are or were in force."""
    if everything:
        return true()
    return (_columns.state == State.APPROVED) & (_columns.effective_date <= today)


def submitted(
    connection: Connection, signer_id: str, after: Place | None, limit: int
) -> "Sequence[Row[Any]]":
    """Return what waits for the signature of somebody else than its author, by its document."""
    mine = _columns.state == State.SUBMITTED, _columns.author_id != signer_id
    return _waiting(connection, mine, after, limit)


def returned(connection: Connection, author_id: str, after: Place | None, limit: int) -> "Sequence[Row[Any]]":
    """Return the author's drafts that were returned, by their document."""
    mine = _columns.state == State.DRAFT, _columns.comment != "", _columns.author_id == author_id
    return _waiting(connection, mine, after, limit)


def _waiting(
    connection: Connection, whose: "Sequence[ColumnElement[bool]]", after: Place | None, limit: int
) -> "Sequence[Row[Any]]":
    shown: Select[Any] = select(
        _columns.document_id,
        _columns.number,
        _columns.submitted_at,
        _columns.decided_at,
        documents.c.code,
        documents.c.title,
    )
    query = shown.join(documents, documents.c.id == _columns.document_id)
    query = query.where(*whose, behind(after, None, _columns.document_id))
    return connection.execute(query.order_by(_columns.document_id).limit(limit)).all()


def _one(document_id: str, version_id: str) -> "Select[Any]":
    return select(versions).where(_columns.id == version_id, _columns.document_id == document_id)


def _newest_signed(*conditions: "ColumnElement[bool]") -> "Select[Any]":
    query = select(_columns.id, _columns.number, _columns.effective_date)
    query = query.where(_columns.state == State.APPROVED, *conditions)
    return query.order_by(_columns.effective_date.desc()).limit(1)


def _with_current(today: date) -> "Select[Any]":
    newest = _newest_signed(_columns.document_id == documents.c.id, _columns.effective_date <= today)
    current = newest.correlate(documents).lateral("current")
    return select(
        documents,
        current.c.id.label("current_version_id"),
        current.c.number.label("current_number"),
        current.c.effective_date.label("current_effective_date"),
    ).select_from(documents.outerjoin(current, true()))
