"""What a person may do at this moment, for work that is done long after their call and its token."""

from collections.abc import Iterable
from typing import Any

from chassis.access import Caller, Grant, Scope
from sqlalchemy import Connection, Row

from gateway.identity.roles import store as roles
from gateway.identity.roles.rules import Holding
from gateway.identity.users import store as users
from gateway.identity.users.rules import may_sign_in


def caller_now(connection: Connection, user_id: str) -> Caller | None:
    """Return the person with the roles that they hold now, or None when their account cannot be used."""
    account = users.find(connection, user_id)
    if account is None:
        return None
    held = roles.holdings(roles.assignments_of(connection, user_id))
    if not may_sign_in(account.state, certified_at=account.certified_at, has_role=bool(held)):
        return None
    return as_caller(account, held)


def as_caller(account: "Row[Any]", held: Iterable[Holding]) -> Caller:
    """Return the person of an account as a token with these roles would show them."""
    return Caller(
        subject=account.id,
        is_person=True,
        session_id="",
        unit_id=account.unit_id,
        grants=tuple(Grant(each.permissions, each.unit_id, Scope(each.scope)) for each in held),
        issued_at=0.0,
        expires_at=0.0,
    )
