"""What is asked of an account change when it is filed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis.errors import AtField, NotFound, named_by
from chassis.server import Call

from gateway.identity.account_changes import rules
from gateway.identity.account_changes.messages import PATH
from gateway.identity.account_changes.rules import Kind
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.rules import UnitClosed, UnitNotFound
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

        Raises NotFound, OwnAccountChange, AccountStateUnfit, UsernameTaken and its like; and, with the field
        that names it, UnitNotFound, UnitClosed, UnknownRole, SuccessorNotFound, SuccessorInactive.
        """
        self._demand_named(values["new_unit_id"], values["roles"])
        if values["successor_id"]:
            with named_by(f"{PATH}.successorId", rules.SuccessorNotFound, rules.SuccessorInactive):
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
        for unit_id in sorted(_units(new_unit_id, granted)):
            self._demand_open(unit_id)
        if not all(grant["role_code"] in ROLES for grant in granted):
            raise UnknownRole

    def _demand_named(self, new_unit_id: str | None, granted: Sequence[Mapping[str, str]]) -> None:
        """Do the same, and say which field names what is not there."""
        for unit_id, path in sorted(_units(new_unit_id, granted).items()):
            with named_by(path, UnitNotFound, UnitClosed):
                self._demand_open(unit_id)
        for number, grant in enumerate(granted):
            if grant["role_code"] not in ROLES:
                raise AtField(f"{PATH}.roles[{number}].roleCode", UnknownRole())

    def _demand_open(self, unit_id: str) -> None:
        org_units.demand_open(self._call.connection, unit_id, org_units.in_scope(self._call.scope, ""))

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


def _units(new_unit_id: str | None, granted: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the field that names a unit, by unit."""
    found = {grant["unit_id"]: f"{PATH}.roles[{number}].unitId" for number, grant in enumerate(granted)}
    return found | ({new_unit_id: f"{PATH}.newUnitId"} if new_unit_id else {})
