"""What is asked of an account change when it is filed."""

from collections.abc import Iterable, Mapping
from typing import Any

from chassis.errors import NotFound
from chassis.server import Call

from gateway.identity.account_changes import rules
from gateway.identity.account_changes.rules import Kind
from gateway.identity.org_units import store as org_units
from gateway.identity.roles.builtin import ROLES
from gateway.identity.roles.rules import UnknownRole
from gateway.identity.users import store as users
from gateway.identity.users.rules import ACTIVE


class Filing:
    """Looks at what a change names, in the reach of the call."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def checked(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the columns with those that follow from them.

        Raises NotFound, OwnAccountChange, AccountStateUnfit, UnitNotFound, UnitClosed, UnknownRole,
        SuccessorNotFound, SuccessorInactive, UsernameTaken and its like.
        """
        self.demand_units(values["new_unit_id"], values["roles"])
        if values["successor_id"]:
            self._demand_successor(values["successor_id"])
        unit_id = self._unit_of(values)
        day = values["event_date"]
        return {
            **values,
            "unit_id": unit_id,
            "due_at": rules.due(day),
            "filed_late": rules.is_late(day, self._call.now),
            "filed_by": self._call.caller.subject,
        }

    def demand_units(self, new_unit_id: str | None, granted: Iterable[Mapping[str, str]]) -> None:
        """Raise UnitNotFound or UnitClosed for a unit that takes nobody, UnknownRole for what is no role."""
        named = {grant["unit_id"] for grant in granted} | ({new_unit_id} if new_unit_id else set())
        visible = org_units.in_scope(self._call.scope, "")
        for unit_id in sorted(named):
            org_units.demand_open(self._call.connection, unit_id, visible)
        if not all(grant["role_code"] in ROLES for grant in granted):
            raise UnknownRole

    def _unit_of(self, values: Mapping[str, Any]) -> str:
        """Return the unit of the person, or the one that a newcomer comes to."""
        if values["user_id"] is None:
            users.demand_free(self._call.connection, values["new_person"])
            return str(values["new_unit_id"])
        account = users.find(self._call.connection, values["user_id"], users.in_scope(self._call.scope))
        if account is None:
            raise NotFound("user")
        rules.demand_other(self._call.caller.subject, account.id)
        rules.demand_fit(Kind(values["kind"]), account.state)
        return str(account.unit_id)

    def _demand_successor(self, user_id: str) -> None:
        successor = users.find(self._call.connection, user_id, users.in_scope(self._call.scope))
        if successor is None:
            raise rules.SuccessorNotFound
        if successor.state != ACTIVE:
            raise rules.SuccessorInactive
