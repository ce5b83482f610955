"""Answers RoleService."""

from typing import Any

from chassis.errors import AtField, NotFound, named_by
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import roles_pb2
from sqlalchemy import Row

from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.rules import UnitClosed, UnitNotFound
from gateway.identity.org_units.store import OwnTree
from gateway.identity.roles import messages, rules, store
from gateway.identity.roles.builtin import ROLES
from gateway.identity.roles.rules import Holding
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.users import messages as user_messages
from gateway.identity.users import store as users


class RoleServicer:
    contract = roles_pb2.DESCRIPTOR.services_by_name["RoleService"]

    def __init__(self, tree: OwnTree, revoker: Revoker) -> None:
        self._tree = tree
        self._revoker = revoker

    def list_roles(self, request: roles_pb2.ListRolesRequest, _: Call) -> roles_pb2.ListRolesResponse:
        page = page_of(request, keys=1)
        after = page.key(str)
        found = [role for code, role in sorted(ROLES.items()) if after is None or code > after[0]]
        shown, token = page.cut(found, lambda row: (row.code,))
        return roles_pb2.ListRolesResponse(
            roles=[messages.role(role) for role in shown],
            next_page_token=token,
        )

    def get_role(self, request: roles_pb2.GetRoleRequest, _: Call) -> roles_pb2.Role:
        if request.role_code not in ROLES:
            raise NotFound("role")
        return messages.role(ROLES[request.role_code])

    def list_role_assignments(
        self, request: roles_pb2.ListRoleAssignmentsRequest, call: Call
    ) -> roles_pb2.ListRoleAssignmentsResponse:
        if users.find(call.connection, request.user_id, users.in_scope(call.scope)) is None:
            raise NotFound("user")
        rows = store.assignments_of(call.connection, request.user_id)
        return roles_pb2.ListRoleAssignmentsResponse(
            role_assignments=[messages.assignment(row) for row in rows]
        )

    def create_role_assignment(
        self, request: roles_pb2.CreateRoleAssignmentRequest, call: Call
    ) -> roles_pb2.RoleAssignment:
        wanted = request.role_assignment
        user = _lock_user(call, request.user_id)
        self._demand_assignable(call, wanted)
        scope = messages.scope_of(wanted)
        row = store.add(
            call.connection, user.id, wanted.role_code, unit_id=wanted.unit_id, scope=scope, at=call.now
        )
        if row is None:
            raise rules.RoleAlreadyHeld
        rules.demand_room(store.holdings(store.assignments_of(call.connection, user.id)))
        self._announce(call, user)
        return messages.assignment(row)

    def delete_role_assignment(
        self, request: roles_pb2.DeleteRoleAssignmentRequest, call: Call
    ) -> roles_pb2.DeleteRoleAssignmentResponse:
        user = _lock_user(call, request.user_id)
        wanted = request.role_assignment_id.lower()
        found = [row for row in store.assignments_of(call.connection, user.id) if row.id == wanted]
        for holding in store.holdings(found):
            rules.demand_held(holding, store.own_holdings(call.caller), self._tree.subtree)
        if store.remove(call.connection, user.id, wanted):
            self._announce(call, user)
        return roles_pb2.DeleteRoleAssignmentResponse()

    def _demand_assignable(self, call: Call, wanted: roles_pb2.RoleAssignment) -> None:
        with named_by("roleAssignment.unitId", UnitNotFound, UnitClosed):
            org_units.demand_open(call.connection, wanted.unit_id, org_units.in_scope(call.scope, ""))
        role = ROLES.get(wanted.role_code)
        if role is None:
            raise AtField("roleAssignment.roleCode", rules.UnknownRole())
        given = Holding(role.permissions, wanted.unit_id, messages.scope_of(wanted))
        rules.demand_held(given, store.own_holdings(call.caller), self._tree.subtree)

    def _announce(self, call: Call, user: "Row[Any]") -> None:
        """Make the new version of the account known, and its tokens invalid."""
        row = users.change(call.connection, user.id, {}, call.now)
        call.publish(user_messages.changed(row, store.codes(call.connection, user.id)))
        call.changed(f"users/{row.id}", ["role_assignments"])
        self._revoker.revoke(call, row.id)


def _lock_user(call: Call, user_id: str) -> "Row[Any]":
    user = users.lock(call.connection, user_id, users.in_scope(call.scope))
    if user is None:
        raise NotFound("user")
    # the row's id: the request may write it in capitals
    rules.demand_other_person(call.caller.subject, user.id)
    return user
