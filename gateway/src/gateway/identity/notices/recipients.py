"""Whom a notice is for."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from journeyman.notices.v1.events_pb2 import NoticeRaised
from sqlalchemy import Connection, text

from gateway.identity.notices.rules import told_roles
from gateway.identity.roles.builtin import ROLES
from gateway.identity.users.rules import ACTIVE

_ACTIVE = text("SELECT id::text FROM users WHERE id = ANY(:ids) AND state = :active")
# A scope of SELF reaches nobody else's rows; one of ALL has no place in the path and counts as the farthest.
_HOLDERS = text(
    "WITH RECURSIVE path (id, parent_id, distance) AS ("
    "  SELECT id, parent_id, 0 FROM org_units WHERE id = :unit_id"
    "  UNION SELECT above.id, above.parent_id, path.distance + 1"
    "  FROM org_units above JOIN path ON above.id = path.parent_id)"
    " SELECT users.id::text AS user_id, min(coalesce(path.distance, 1000)) AS distance"
    " FROM role_assignments held JOIN users ON users.id = held.user_id AND users.state = :active"
    " LEFT JOIN path ON path.id = held.unit_id"
    " WHERE held.role_code = ANY(:roles) AND (held.scope = 'ALL'"
    "  OR held.scope = 'SUBTREE' AND path.id IS NOT NULL OR held.scope = 'UNIT' AND path.distance = 0)"
    " GROUP BY users.id"
)


def recipients(connection: Connection, notice: NoticeRaised) -> frozenset[str]:
    """Return the ids of the people, with accounts in use, that a notice is for."""
    named = _active(connection, [each for each in notice.recipient_ids if _is_id(each)])
    if notice.recipient_permission and _is_id(notice.recipient_unit_id):
        return named | _holders(connection, notice)
    return named


def _active(connection: Connection, ids: Sequence[str]) -> frozenset[str]:
    if not ids:
        return frozenset()
    return frozenset(connection.execute(_ACTIVE, {"ids": ids, "active": ACTIVE}).scalars())


def _holders(connection: Connection, notice: NoticeRaised) -> frozenset[str]:
    for roles in _roles(notice.recipient_permission):
        found = _fit(connection, roles, notice)
        if found:
            nearest = min(found.values())
            return frozenset(
                user_id
                for user_id, distance in found.items()
                if not notice.nearest_only or distance == nearest
            )
    return frozenset()


def _fit(connection: Connection, roles: Collection[str], notice: NoticeRaised) -> Mapping[str, int]:
    """Return who holds one of the roles over the unit and may be told, and from how far above."""
    found = _holding(connection, roles, notice.recipient_unit_id)
    fit = found.keys() - set(notice.passed_over_ids)
    if fit and notice.readable_by_permission:
        reading = frozenset[str]().union(*_roles(notice.readable_by_permission))
        fit &= _holding(connection, reading, notice.recipient_unit_id).keys()
    return {user_id: found[user_id] for user_id in fit}


def _roles(permission: str) -> Sequence[frozenset[str]]:
    return told_roles({code: role.permissions for code, role in ROLES.items()}, permission)


def _holding(connection: Connection, roles: Collection[str], unit_id: str) -> Mapping[str, int]:
    values = {"roles": sorted(roles), "unit_id": unit_id, "active": ACTIVE}
    return {row.user_id: row.distance for row in connection.execute(_HOLDERS, values)}


def _is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
