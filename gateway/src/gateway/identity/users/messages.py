"""Accounts as messages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from chassis.etags import etag
from chassis.outbox import Fact
from journeyman.identity.v1 import events_pb2, users_pb2
from sqlalchemy import Row

from gateway.identity.times import demand_not_ahead, instant
from gateway.identity.users.rules import ACTIVE
from gateway.identity.users.store import Wanted

_KIND = "KIND_"
_STATE = "STATE_"
# Instants in the contract, and their columns.
_INSTANTS = {
    "certified_time": "certified_at",
    "wechat_bound_time": "wechat_bound_at",
    "mobile_install_time": "mobile_installed_at",
}
_TEXTS = frozenset({"username", "display_name", "unit_id", "freeze_reason", "employee_no", "email", "phone"})
CHANGEABLE = _TEXTS - {"username"} | {"kind", "state", *_INSTANTS}


def kind_of(kind: "users_pb2.User.Kind.ValueType") -> str:
    """Return the kind as it is stored, `EMPLOYEE` where none is named."""
    return users_pb2.User.Kind.Name(kind or users_pb2.User.KIND_EMPLOYEE).removeprefix(_KIND)


def state_of(state: "users_pb2.User.State.ValueType") -> str:
    """Return the state as it is stored, `ACTIVE` where none is named."""
    return users_pb2.User.State.Name(state or users_pb2.User.STATE_ACTIVE).removeprefix(_STATE)


def values_of(user: users_pb2.User, fields: Collection[str], now: datetime) -> dict[str, Any]:
    """Return the columns that these fields of the message fill. Raises InvalidFields.

    R138: nobody is certified before the day has come.
    """
    values = {field: getattr(user, field) for field in _TEXTS.intersection(fields)}
    if "kind" in fields:
        values["kind"] = kind_of(user.kind)
    if "state" in fields:
        values["state"] = state_of(user.state)
    return values | {
        column: _instant_of(user, field, now) for field, column in _INSTANTS.items() if field in fields
    }


def _instant_of(user: users_pb2.User, field: str, now: datetime) -> datetime | None:
    if not user.HasField(field):  # type: ignore[arg-type] # a name that is not known until now
        return None
    path = f"user.{user.DESCRIPTOR.fields_by_name[field].json_name}"
    at = instant(getattr(user, field), path)
    demand_not_ahead(at, now, path)
    return at


def wanted(request: users_pb2.ListUsersRequest) -> Wanted:
    """Return the filters of a list."""

    def flag(name: Literal["certified", "wechat_bound", "mobile_installed"]) -> bool | None:
        return getattr(request, name) if request.HasField(name) else None

    return Wanted(
        unit_id=request.unit_id,
        username=request.username,
        employee_no=request.employee_no,
        state=state_of(request.state) if request.state else "",
        kind=kind_of(request.kind) if request.kind else "",
        set_={
            column: wish
            for column, wish in (
                ("certified_at", flag("certified")),
                ("wechat_bound_at", flag("wechat_bound")),
                ("mobile_installed_at", flag("mobile_installed")),
            )
            if wish is not None
        },
    )


def message(row: "Row[Any]") -> users_pb2.User:
    user = users_pb2.User(
        id=row.id,
        username=row.username,
        display_name=row.display_name,
        unit_id=row.unit_id,
        kind=users_pb2.User.Kind.Value(_KIND + row.kind),
        state=users_pb2.User.State.Value(_STATE + row.state),
        etag=etag(row.version),
        employee_no=row.employee_no,
        email=row.email,
        phone=row.phone,
        freeze_reason=row.freeze_reason,
    )
    for field, column in _INSTANTS.items():
        if (at := getattr(row, column)) is not None:
            getattr(user, field).FromDatetime(at)
    user.create_time.FromDatetime(row.created_at)
    user.update_time.FromDatetime(row.updated_at)
    return user


def changed(row: "Row[Any]", role_codes: Sequence[str]) -> Fact:
    data = events_pb2.UserChanged(
        user_id=row.id,
        unit_id=row.unit_id,
        active=row.state == ACTIVE,
        kind=row.kind,
        role_codes=role_codes,
    )
    return Fact("journeyman.identity.user.changed.v1", row.id, row.version, data)
