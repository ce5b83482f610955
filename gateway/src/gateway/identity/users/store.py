"""Queries and writes of accounts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from chassis.search import entries
from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from gateway.identity.paging import page_by_name
from gateway.identity.passwords import store as links
from gateway.identity.sessions.moments import real_now
from gateway.identity.users.rules import (
    ACTIVE,
    DISABLED,
    EmailTaken,
    EmployeeNoTaken,
    PhoneTaken,
    UsernameTaken,
)
from gateway.identity.users.tables import users

FOUND_AS = "users"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which accounts a list shows. What is empty does not matter.

    Attributes:
        set_: columns that must be filled (True) or empty (False).
    """

    unit_id: str
    username: str
    employee_no: str
    state: str
    kind: str
    set_: Mapping[str, bool]

    def conditions(self) -> "Iterator[ColumnElement[bool]]":
        if self.unit_id:
            yield users.c.unit_id == self.unit_id
        if self.username:
            yield users.c.username == self.username.lower()
        if self.employee_no:
            yield users.c.employee_no != ""  # as the index has it
            yield func.lower(users.c.employee_no) == self.employee_no.lower()
        if self.state:
            yield users.c.state == self.state
        if self.kind:
            yield users.c.kind == self.kind
        for name, filled in self.set_.items():
            yield users.c[name].is_not(None) if filled else users.c[name].is_(None)


def in_scope(scope: RowScope) -> "ColumnElement[bool]":
    return scope.clause(users.c.unit_id, users.c.id)


def find(
    connection: Connection, user_id: str, visible: "ColumnElement[bool] | None" = None
) -> "Row[Any] | None":
    return connection.execute(_one(user_id, visible)).first()


def lock(
    connection: Connection, user_id: str, visible: "ColumnElement[bool] | None" = None
) -> "Row[Any] | None":
    """Return the account and keep others from changing it, or from signing in with it, until we commit.

    A token carries what the person may do at the moment of its making: who signs in meanwhile waits for the
    change and gets its result. What refers to the account may still be written: else who has just filed a
    change of it would wait for whoever holds it, and they for what was filed.
    """
    return connection.execute(_one(user_id, visible).with_for_update(key_share=True)).first()


def lock_named(connection: Connection, username: str) -> "Row[Any] | None":
    """Return the account with this login name and keep others from changing it until we commit."""
    query = select(users).where(users.c.username == username)
    return connection.execute(query.with_for_update(key_share=True)).first()


def lock_numbered(connection: Connection, employee_no: str) -> "Row[Any] | None":
    """Return the account with this number, whatever its case, and keep others from changing it."""
    same = users.c.employee_no != "", func.lower(users.c.employee_no) == employee_no.lower()
    return connection.execute(select(users).where(*same).with_for_update(key_share=True)).first()


def lock_together(connection: Connection, user_ids: Iterable[str]) -> "dict[str, Row[Any]]":
    """Lock some accounts as `lock` does one, in one order, so that no two calls wait for each other."""
    query = select(users).where(users.c.id.in_(list(user_ids))).order_by(users.c.id)
    return {row.id: row for row in connection.execute(query.with_for_update(key_share=True))}


def lock_for_sign_in(connection: Connection, user_id: str, *, alone: bool = False) -> "Row[Any] | None":
    """Return the account and hold off changes of it until the token is made; others may sign in as well.

    `alone`: others may not. What refers to the account may still be written.
    """
    return connection.execute(_one(user_id, None).with_for_update(read=not alone, key_share=alone)).first()


def list_page(
    connection: Connection, scope: RowScope, page: Page, wanted: Wanted
) -> tuple[Sequence["Row[Any]"], str]:
    """Return accounts by login name, and the token of the next page."""
    query = select(users).where(in_scope(scope), *wanted.conditions())
    return page_by_name(connection, query, users.c.username, page)


def add(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any]":
    """Write an account and return it.

    Raises UsernameTaken, EmployeeNoTaken, EmailTaken or PhoneTaken where another account has the same.
    """
    row = {"id": new_id(), "state": ACTIVE, **values, "version": 1, "created_at": at, "updated_at": at}
    with _unique(connection, values):
        added = connection.execute(insert(users).values(row).returning(users)).one()
    _make_findable(connection, added)
    return added


def demand_free(connection: Connection, values: Mapping[str, str]) -> None:
    """Raise what `add` raises for values that another account has; it looks again when they are written."""
    is_open = users.c.state != DISABLED
    number = func.lower(users.c.employee_no) == values["employee_no"].lower()
    email = func.lower(users.c.email) == values["email"].lower()
    taken: list[tuple[str, ColumnElement[bool], Exception]] = [
        ("username", users.c.username == values["username"], UsernameTaken(values["username"])),
        ("employee_no", number & (users.c.employee_no != ""), EmployeeNoTaken(values["employee_no"])),
        ("email", email & (users.c.email != "") & is_open, EmailTaken()),
        ("phone", (users.c.phone == values["phone"]) & (users.c.phone != "") & is_open, PhoneTaken()),
    ]
    for field, same, error in taken:
        if values[field] and connection.execute(select(users.c.id).where(same)).first():
            raise error


def change(connection: Connection, user_id: str, values: dict[str, Any], at: datetime) -> "Row[Any]":
    """Write new values, or none: a change of the person's roles makes a new version of the account too.

    Raises EmployeeNoTaken, EmailTaken or PhoneTaken where another account has the same.
    """
    changed = {**values, "version": users.c.version + 1, "updated_at": at}
    statement = update(users).where(users.c.id == user_id).values(changed).returning(users)
    with _unique(connection, values):
        row = connection.execute(statement).one()
    if values.keys() & {"display_name", "employee_no", "phone"}:
        _make_findable(connection, row)
    if "email" in values:  # links lie in the mailbox that was the person's before
        links.spend_links(connection, user_id, real_now())
    return row


def _make_findable(connection: Connection, row: "Row[Any]") -> None:
    names = row.display_name, row.username, row.employee_no, row.phone
    entries.write(connection, FOUND_AS, row.id, *names)


@contextmanager
def _unique(connection: Connection, values: Mapping[str, Any]) -> Iterator[None]:
    """Say which value another account has. The savepoint keeps the transaction usable."""
    try:
        with connection.begin_nested():
            yield
    except IntegrityError as error:
        cause = error.orig
        name = cause.diag.constraint_name if isinstance(cause, psycopg.errors.UniqueViolation) else None
        match name:
            case "users_username_key":
                raise UsernameTaken(values["username"]) from None
            case "users_employee_no":
                raise EmployeeNoTaken(values["employee_no"]) from None
            case "users_email":
                raise EmailTaken from None
            case "users_phone":
                raise PhoneTaken from None
            case _:
                raise


def _one(user_id: str, visible: "ColumnElement[bool] | None") -> "Select[Any]":
    return select(users).where(users.c.id == user_id, true() if visible is None else visible)
