"""What the errors of roles mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.roles.rules import (
    AccountBeyondOwn,
    OwnRoles,
    RoleAlreadyHeld,
    RoleBeyondOwn,
    TooManyRoles,
    UnknownRole,
)

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    OwnRoles: ErrorKind(
        _S.PERMISSION_DENIED, "OWN_ROLES", "Nobody changes their own roles.", "不能修改自己的角色。"
    ),
    RoleBeyondOwn: ErrorKind(
        _S.PERMISSION_DENIED,
        "ROLE_BEYOND_OWN",
        "You cannot give or take what you do not hold there yourself.",
        "不能授予或收回您自己在该范围内没有的权限。",
    ),
    AccountBeyondOwn: ErrorKind(
        _S.PERMISSION_DENIED,
        "ACCOUNT_BEYOND_OWN",
        "You cannot change an account, or how its owner signs in, that is stronger than your own.",
        "不能变更权限高于您的账号及其登录方式。",
    ),
    UnknownRole: ErrorKind(_S.NOT_FOUND, "ROLE_NOT_FOUND", "There is no such role.", "找不到该角色。"),
    RoleAlreadyHeld: ErrorKind(
        _S.ALREADY_EXISTS,
        "ROLE_ALREADY_HELD",
        "The person holds this role there already.",
        "该人员已拥有此角色。",
    ),
    TooManyRoles: ErrorKind(
        _S.FAILED_PRECONDITION,
        "TOO_MANY_ROLES",
        "The person holds too many roles. Take one away, or give one from a higher unit.",
        "该人员的角色过多,请先移除部分角色,或在上级单元授予。",
    ),
}
