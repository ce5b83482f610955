"""Roles and assignments as messages."""

from typing import Any

from journeyman.identity.v1 import roles_pb2
from sqlalchemy import Row

from gateway.identity.roles.builtin import Role

_SCOPE = "SCOPE_"


def scope_of(assignment: roles_pb2.RoleAssignment) -> str:
    """Return the scope as it is stored, such as `SUBTREE`."""
    return roles_pb2.Scope.Name(assignment.scope).removeprefix(_SCOPE)


def role(role: Role) -> roles_pb2.Role:
    return roles_pb2.Role(
        code=role.code,
        display_name=role.english,
        display_name_zh=role.chinese,
        permissions=sorted(role.permissions),
        origin=role.origin,
    )


def assignment(row: "Row[Any]") -> roles_pb2.RoleAssignment:
    message = roles_pb2.RoleAssignment(
        id=row.id,
        user_id=row.user_id,
        role_code=row.role_code,
        unit_id=row.unit_id,
        scope=roles_pb2.Scope.Value(_SCOPE + row.scope),
    )
    message.create_time.FromDatetime(row.created_at)
    return message
