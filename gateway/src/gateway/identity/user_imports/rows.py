"""A row of an import file becomes an account, or a change of one."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from chassis.access import Caller
from chassis.dates import civil_date, no_such_date
from chassis.errors import FieldProblem, InvalidFields
from chassis.outbox import Fact
from chassis.validation import validate
from journeyman.identity.v1 import users_pb2
from sqlalchemy import Connection, Row

from chassis import calendar
from gateway.identity.org_units import store as org_units
from gateway.identity.roles import store as roles
from gateway.identity.roles.builtin import ROLES
from gateway.identity.roles.rules import Holding, UnknownRole, demand_held, demand_not_stronger
from gateway.identity.times import demand_not_ahead
from gateway.identity.user_imports import rules
from gateway.identity.users import messages as user_messages
from gateway.identity.users import store as users
from gateway.identity.users.rules import DISABLED, GUARDED, EmployeeNoTaken, UsernameTaken

IMPORT = "users.import"
_TEXTS = ("username", "display_name", "employee_no", "email", "phone")
_INSTANTS = {
    "certified_date": "certified_at",
    "wechat_bound_date": "wechat_bound_at",
    "mobile_install_date": "mobile_installed_at",
}


class RowTaker:
    """Takes the rows of one batch in a transaction, as far as the importer's rights reach now."""

    def __init__(
        self, connection: Connection, importer: Caller, tree: org_units.OwnTree, now: datetime
    ) -> None:
        self.connection = connection
        self._scope = importer.reach(IMPORT, tree)
        self._holdings = roles.own_holdings(importer)
        self._tree = tree
        self.now = now
        self.facts: list[Fact] = []

    def take(self, fields: Mapping[str, str]) -> str:
        """Open or change an account. Returns what became of the row. Raises what `rejects_of` knows."""
        values = _values(fields, self.now)
        account = self._existing(fields)
        if account is None:
            return self._open(fields, values)
        return self._change(account, fields, values)

    def _existing(self, fields: Mapping[str, str]) -> "Row[Any] | None":
        """Return the account of the number, or else of the name, locked.

        Raises EmployeeNoTaken or UsernameTaken when it is somebody else's, or out of reach.
        """
        number = fields.get("employee_no", "")
        account = users.lock_numbered(self.connection, number) if number else None
        if account is not None:
            if account.username != fields["username"] or not self._covers(account):
                raise EmployeeNoTaken(number)
            return account
        account = users.lock_named(self.connection, fields["username"])
        if account is not None and (not self._covers(account) or (number and account.employee_no)):
            raise UsernameTaken(fields["username"])
        return account

    def _covers(self, account: "Row[Any]") -> bool:
        return self._scope.covers(unit_id=account.unit_id, owner_id=account.id)

    def _open(self, fields: Mapping[str, str], values: dict[str, Any]) -> str:
        rules.demand_new(fields)
        unit_id = self._open_unit(fields["unit_code"])
        if "role_code" in fields:
            self._demand_role(fields["role_code"], unit_id)
        opened = {"kind": "EMPLOYEE", **values, "unit_id": unit_id}
        account = users.add(self.connection, opened, self.now)
        if "role_code" in fields:
            code = fields["role_code"]
            roles.add(self.connection, account.id, code, unit_id=unit_id, scope="SELF", at=self.now)
        self._publish(account)
        return "created"

    def _open_unit(self, code: str) -> str:
        visible = org_units.in_scope(self._scope, "")
        unit_id = org_units.id_of_code(self.connection, code, visible)
        org_units.demand_open(self.connection, unit_id, visible)
        return unit_id

    def _demand_role(self, code: str, unit_id: str) -> None:
        if code not in ROLES:
            raise UnknownRole
        given = Holding(ROLES[code].permissions | {"roles.assign"}, unit_id, "SELF")
        demand_held(given, self._holdings, self._tree.subtree)

    def _change(self, account: "Row[Any]", fields: Mapping[str, str], values: dict[str, Any]) -> str:
        if account.state == DISABLED:
            raise rules.AccountClosed
        own_unit = org_units.code_of(self.connection, account.unit_id)
        if fields.get("unit_code", own_unit) != own_unit:
            raise rules.UnitDiffers
        changes = {name: value for name, value in values.items() if _differs(getattr(account, name), value)}
        if not changes:
            return "unchanged"
        if GUARDED & changes.keys():
            held = roles.holdings(roles.assignments_of(self.connection, account.id))
            demand_not_stronger(held, self._holdings, self._tree.subtree, right=IMPORT)
        self._publish(users.change(self.connection, account.id, changes, self.now))
        return "updated"

    def _publish(self, account: "Row[Any]") -> None:
        codes = roles.codes(self.connection, account.id)
        self.facts.append(user_messages.changed(account, codes))


def _values(fields: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return the columns of users that a row fills. Raises InvalidFields by the rules of the contract."""
    texts = {name: fields[name] for name in _TEXTS if name in fields}
    validate(users_pb2.UpdateUserRequest(user=users_pb2.User(**texts)))  # type: ignore[arg-type] # all of them texts
    values: dict[str, Any] = dict(texts)
    if "kind" in fields:
        values["kind"] = _kind(fields["kind"].upper())
    return values | {
        column: _midnight(fields[field], field, now) for field, column in _INSTANTS.items() if field in fields
    }


def _kind(text: str) -> str:
    if text not in ("EMPLOYEE", "PARTNER"):
        words = "is EMPLOYEE or PARTNER", "只能为 EMPLOYEE 或 PARTNER"
        raise InvalidFields(FieldProblem("kind", "UNKNOWN_KIND", *words))
    return text


def _midnight(text: str, field: str, now: datetime) -> datetime:
    day = civil_date(text, field)
    try:
        midnight = calendar.at(day, time.min)
    except OverflowError:
        raise no_such_date(field) from None
    demand_not_ahead(midnight, now, field)
    return midnight


def _differs(before: Any, after: Any) -> bool:
    """Tell whether a value is new; a day that the account has with its hour already is not."""
    if isinstance(before, datetime) and isinstance(after, datetime):
        return calendar.local_date(before) != calendar.local_date(after)
    return bool(before != after)
