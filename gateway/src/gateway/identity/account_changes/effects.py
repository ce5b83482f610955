"""What carrying out an account change does, all in the transaction of the call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.outbox import Fact
from chassis.server import Call
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Connection, Row

from gateway.identity.account_changes import rules, store
from gateway.identity.account_changes.guards import Grant, held_by
from gateway.identity.account_changes.rules import Kind
from gateway.identity.discipline.store import demand_unbarred
from gateway.identity.roles import store as roles
from gateway.identity.sessions import credentials
from gateway.identity.sessions import store as sessions
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.users import messages as user_messages
from gateway.identity.users import store as users
from gateway.identity.users.rules import ACTIVE, DISABLED, FROZEN, following

_STATES: Mapping[Kind, str] = {
    Kind.OPEN: ACTIVE,
    Kind.CLOSE: DISABLED,
    Kind.FREEZE: FROZEN,
    Kind.UNFREEZE: ACTIVE,
}


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """The password of a new account, as it is kept; `must_change` when somebody else has chosen it."""

    password_hash: str
    must_change: bool


class Effects:
    """Opens, closes, changes, freezes and thaws accounts."""

    def __init__(self, revoker: Revoker) -> None:
        self._revoker = revoker

    def open_for_newcomer(
        self, call: Call, change: "Row[Any]", password: FirstPassword | None
    ) -> dict[str, Any]:
        """Open an account. Returns what the change keeps of it. Raises UsernameTaken and its like."""
        values = {**change.new_person, "unit_id": change.new_unit_id, "state": ACTIVE}
        account = users.add(call.connection, values, call.now)
        if password:
            credentials.put(
                call.connection, account.id, password.password_hash, must_change=password.must_change
            )
        _give(call.connection, account.id, change.roles, call.now)
        self._publish(call, account)
        return {"user_id": account.id}

    def change_account(self, call: Call, change: "Row[Any]", account: "Row[Any]") -> dict[str, Any]:
        """Do to an account what the change says. Returns what the change keeps of it."""
        kind = Kind(change.kind)
        rules.demand_fit(kind, account.state)
        if _STATES.get(kind) == ACTIVE:
            demand_unbarred(call.connection, account.id)
        former = held_by(call.connection, account.id)
        takes_roles = kind is Kind.CLOSE or bool(change.roles)
        if takes_roles:
            roles.remove_all(call.connection, account.id)
            _give(call.connection, account.id, change.roles, call.now)
        changed = users.change(call.connection, account.id, _values(change, account), call.now)
        if changed.state != ACTIVE:
            sessions.end_all(call.connection, account.id, real_now())
        self._revoker.revoke(call, account.id)
        self._publish(call, changed)
        if kind is Kind.CLOSE:
            self._hand_over(call, change, changed)
        return {"former_roles": [_stored(grant) for grant in former] if takes_roles else []}

    def _publish(self, call: Call, account: "Row[Any]") -> None:
        call.publish(user_messages.changed(account, roles.codes(call.connection, account.id)))

    def _hand_over(self, call: Call, change: "Row[Any]", account: "Row[Any]") -> None:
        """Give the successor what the leaver owns, and withdraw what the leaver had going here.

        The successor is locked by our caller, so that they are active when we commit.
        """
        successor = users.find(call.connection, change.successor_id)
        if successor is None or successor.state != ACTIVE:
            raise rules.SuccessorInactive
        data = events_pb2.OwnershipHandedOver(
            from_user_id=account.id,
            to_user_id=successor.id,
            to_unit_id=successor.unit_id,
            account_change_id=change.id,
        )
        type_ = "journeyman.identity.ownership.handed_over.v1"
        call.publish(Fact(type_, account.id, account.version, data))
        store.withdraw_of_leaver(call.connection, account.id, change.id, call.now)


def _values(change: "Row[Any]", account: "Row[Any]") -> dict[str, Any]:
    """Return the new columns. A frozen account whose person changes post stays frozen, for its own reason."""
    kind = Kind(change.kind)
    values = following(_STATES[kind], change.reason) if kind in _STATES else {}
    return values | {"unit_id": change.new_unit_id or account.unit_id}


def _give(connection: Connection, user_id: str, granted: list[dict[str, str]], at: datetime) -> None:
    for grant in granted:
        roles.add(
            connection,
            user_id,
            grant["role_code"],
            unit_id=grant["unit_id"],
            scope=grant["scope"],
            at=at,
        )


def _stored(grant: Grant) -> dict[str, str]:
    return {"role_code": grant.role_code, "unit_id": grant.unit_id, "scope": grant.scope}
