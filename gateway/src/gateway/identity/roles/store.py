"""Queries and writes of role assignments."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.access import Caller
from chassis.identifiers import new_id
from sqlalchemy import ARRAY, Connection, Row, any_, delete, exists, literal, select, update
from sqlalchemy.dialects.postgresql import UUID, insert

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


def codes_of(connection: Connection, user_ids: Collection[str]) -> Mapping[str, list[str]]:
    """Return the codes of people's roles, each once, by person; nobody without a role."""
    found = assignments.c.user_id == any_(literal(list(user_ids), ARRAY(UUID(as_uuid=False))))
    query = select(assignments.c.user_id, assignments.c.role_code).where(found).distinct()
    codes: defaultdict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query.order_by(assignments.c.user_id, assignments.c.role_code)):
        codes[row.user_id].append(row.role_code)
    return codes


def holders_over(connection: Connection, unit_id: str) -> Collection[str]:
    """Return who holds a role over the unit."""
    query = select(assignments.c.user_id).where(assignments.c.unit_id == unit_id)
    return connection.execute(query.distinct()).scalars().all()


def holdings_over(connection: Connection, unit_id: str, to_unit_id: str) -> list[Holding]:
    """Return what the roles over a unit permit when held over another; ALL reaches the same from there."""
    query = select(assignments.c.role_code, literal(to_unit_id).label("unit_id"), assignments.c.scope)
    over = assignments.c.unit_id == unit_id, assignments.c.scope != "ALL"
    return holdings(connection.execute(query.where(*over).distinct()).all())


def give(connection: Connection, unit_id: str, to_unit_id: str) -> None:
    """Make the roles over one unit roles over another; one that is held there already is held once."""
    other = assignments.alias()
    same = [getattr(other.c, name) == assignments.c[name] for name in ("user_id", "role_code", "scope")]
    held = exists().where(*same, other.c.unit_id == to_unit_id)
    over = assignments.c.unit_id == unit_id
    connection.execute(delete(assignments).where(over, held))
    connection.execute(update(assignments).where(over).values(unit_id=to_unit_id))


def remove_all(connection: Connection, user_id: str) -> None:
    """Delete every assignment of a person."""
    connection.execute(delete(assignments).where(assignments.c.user_id == user_id))
