"""Answers UserService."""

from collections.abc import Sequence
from typing import Any

from chassis.errors import InvalidFields, NotFound, named_by
from chassis.field_masks import changed_fields
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import users_pb2
from sqlalchemy import Row

from gateway.identity.discipline.store import demand_unbarred
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.rules import UnitClosed, UnitNotFound
from gateway.identity.org_units.store import OwnTree
from gateway.identity.passwords.policy import PasswordPolicy
from gateway.identity.required import demand, required
from gateway.identity.roles import store as roles
from gateway.identity.roles.rules import demand_not_stronger
from gateway.identity.roles.store import own_holdings
from gateway.identity.sessions import credentials
from gateway.identity.sessions import store as sessions
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.passwords import PasswordHasher
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.user_imports.servicer import UserImports
from gateway.identity.users import messages, notices, store
from gateway.identity.users.rules import (
    ACTIVE,
    DISABLED,
    GUARDED,
    FreezeReasonMissing,
    following,
    may_be_used,
)


class UserServicer:
    contract = users_pb2.DESCRIPTOR.services_by_name["UserService"]

    def __init__(
        self,
        tree: OwnTree,
        policy: PasswordPolicy,
        hasher: PasswordHasher,
        revoker: Revoker,
        imports: UserImports,
    ) -> None:
        self._tree = tree
        self._policy = policy
        self._hasher = hasher
        self._revoker = revoker
        self.begin_user_import_upload = imports.begin_user_import_upload
        self.import_users = imports.import_users

    def get_user(self, request: users_pb2.GetUserRequest, call: Call) -> users_pb2.User:
        row = store.find(call.connection, request.user_id, store.in_scope(call.scope))
        if row is None:
            raise NotFound("user")
        return messages.message(row)

    def list_users(self, request: users_pb2.ListUsersRequest, call: Call) -> users_pb2.ListUsersResponse:
        page = page_of(request, keys=1)
        rows, token = store.list_page(call.connection, call.scope, page, messages.wanted(request))
        return users_pb2.ListUsersResponse(
            users=[messages.message(row) for row in rows], next_page_token=token
        )

    def create_user(self, request: users_pb2.CreateUserRequest, call: Call) -> users_pb2.User:
        user = request.user
        demand(user, "username", "display_name", "unit_id", inside="user")
        self._policy.demand(request.password, (user.username, user.display_name), "password")
        password_hash = self._hasher.hash(request.password)
        _demand_unit(call, user.unit_id)
        values = messages.values_of(user, messages.CHANGEABLE | {"username"}, call.now)
        row = store.add(call.connection, values | _following(values), call.now)
        must_change = self._policy.must_change(request.password)
        credentials.put(call.connection, row.id, password_hash, must_change=must_change)
        call.publish(messages.changed(row, []))
        call.changed(f"users/{row.id}")
        return messages.message(row)

    def update_user(self, request: users_pb2.UpdateUserRequest, call: Call) -> users_pb2.User:
        user = request.user
        demand(user, "id", inside="user")
        fields = changed_fields(request.update_mask, user, mutable=messages.CHANGEABLE)
        demand(user, *[field for field in fields if field in ("display_name", "unit_id")], inside="user")
        before = store.lock(call.connection, user.id, store.in_scope(call.scope))
        if before is None:
            raise NotFound("user")
        call.demand_etag(user.etag, before.version)
        row = self._change(call, before, user, fields)
        call.publish(messages.changed(row, roles.codes(call.connection, row.id)))
        call.changed(f"users/{row.id}", fields)
        return messages.message(row)

    def certify_user(self, request: users_pb2.CertifyUserRequest, call: Call) -> users_pb2.User:
        row = store.lock(call.connection, request.user_id, store.in_scope(call.scope))
        if row is None:
            raise NotFound("user")
        if row.certified_at is None:
            row = store.change(call.connection, row.id, {"certified_at": call.now}, call.now)
            call.publish(messages.changed(row, roles.codes(call.connection, row.id)))
        call.changed(f"users/{row.id}", ["certified_time"])
        return messages.message(row)

    def _change(
        self, call: Call, before: "Row[Any]", user: users_pb2.User, fields: Sequence[str]
    ) -> "Row[Any]":
        values = messages.values_of(user, fields, call.now)
        if not user.state:
            values.pop("state", None)
        if values.keys() & {"state", "freeze_reason"}:
            held = {"state": before.state, "freeze_reason": before.freeze_reason}
            values |= _following(held | values)
        changes = {column for column, value in values.items() if getattr(before, column) != value}
        if changes & GUARDED:
            self._demand_not_stronger(call, before.id)
        if "state" in changes and values["state"] == ACTIVE:
            demand_unbarred(call.connection, before.id)
        if "unit_id" in changes:
            _demand_unit(call, user.unit_id)
        row = store.change(call.connection, before.id, values, call.now)
        if "state" in changes and row.state == DISABLED:
            call.publish(notices.closed_by_hand(row))
        loses_access = _may_be_used(before) and not _may_be_used(row)
        if loses_access:
            sessions.end_all(call.connection, row.id, real_now())
        if loses_access or row.unit_id != before.unit_id:
            self._revoker.revoke(call, row.id)
        return row

    def _demand_not_stronger(self, call: Call, user_id: str) -> None:
        held = roles.holdings(roles.assignments_of(call.connection, user_id))
        demand_not_stronger(held, own_holdings(call.caller), self._tree.subtree)


def _may_be_used(account: "Row[Any]") -> bool:
    return may_be_used(account.state, account.certified_at)


def _demand_unit(call: Call, unit_id: str) -> None:
    """Raise UnitNotFound or UnitClosed unless the caller may keep people of that unit."""
    visible = org_units.in_scope(call.scope, call.caller.unit_id)
    with named_by("user.unitId", UnitNotFound, UnitClosed):
        org_units.demand_open(call.connection, unit_id, visible)


def _following(values: dict[str, Any]) -> dict[str, Any]:
    """Return what goes with the state. Raises InvalidFields for an account that is frozen for no reason."""
    try:
        return following(values["state"], values["freeze_reason"])
    except FreezeReasonMissing:
        raise InvalidFields(required("user.freezeReason")) from None
