"""Queries and writes of role assignments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.access import Caller
from chassis.identifiers import new_id
from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.roles.builtin import ROLES
from gateway.identity.roles.rules import Holding, merged
from gateway.identity.roles.tables import role_assignments as assignments


def assignments_of(connection: Connection, user_id: str) -> Sequence["Row[Any]"]:
    """Return the assignments of a person, oldest first."""
    query = select(assignments).where(assignments.c.user_id == user_id)
    return connection.execute(query.order_by(assignments.c.created_at, assignments.c.id)).all()


def codes(connection: Connection, user_id: str) -> list[str]:
    """Return the codes of the person's roles, each once."""
    return sorted({row.role_code for row in assignments_of(connection, user_id)})


def holdings(rows: Sequence["Row[Any]"]) -> list[Holding]:
    """Return what assignments permit. A role that this version no longer knows permits nothing."""
    return merged(
        Holding(ROLES[row.role_code].permissions, row.unit_id, row.scope)
        for row in rows
        if row.role_code in ROLES
    )


def own_holdings(caller: Caller) -> list[Holding]:
    """Return what the caller's token permits."""
    return [Holding(grant.permissions, grant.unit_id, grant.scope) for grant in caller.grants]


def add(
    connection: Connection, user_id: str, role_code: str, *, unit_id: str, scope: str, at: datetime
) -> "Row[Any] | None":
    """Write an assignment and return it, or None when the person holds it already."""
    row = {
        "id": new_id(),
        "user_id": user_id,
        "role_code": role_code,
        "unit_id": unit_id,
        "scope": scope,
        "created_at": at,
    }
    statement = insert(assignments).values(row).on_conflict_do_nothing()
    return connection.execute(statement.returning(assignments)).first()


def remove(connection: Connection, user_id: str, assignment_id: str) -> bool:
    """Delete an assignment. Returns whether it was there."""
    found = delete(assignments).where(assignments.c.id == assignment_id, assignments.c.user_id == user_id)
    return connection.execute(found).rowcount > 0
