"""Account changes as messages."""

from datetime import date
from typing import Any

from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from journeyman.identity.v1 import account_changes_pb2 as pb
from journeyman.identity.v1 import roles_pb2
from sqlalchemy import ColumnElement, Row

from gateway.identity.account_changes import rules
from gateway.identity.account_changes.rules import Kind
from gateway.identity.account_changes.tables import account_changes
from gateway.identity.required import demand, required
from gateway.identity.roles import messages as role_messages
from gateway.identity.users import messages as user_messages

_KIND = "KIND_"
_STATE = "STATE_"
PATH = "accountChange"
_FIELDS = (
    "user_id",
    "new_person",
    "new_unit_id",
    "roles",
    "successor_id",
    "reason",
    "handling",
    "event_date",
)


def filed_values(given: pb.AccountChange, today: date) -> dict[str, Any]:
    """Return the columns that a new change fills, but those of its person's unit. Raises InvalidFields."""
    kind = Kind(pb.AccountChange.Kind.Name(given.kind).removeprefix(_KIND))
    _demand_shape(kind, given)
    day = civil_date(given.event_date, f"{PATH}.eventDate") if given.event_date else today
    _demand_near(day, today)
    return {
        "kind": kind,
        "user_id": given.user_id.lower() or None,
        "new_person": _person(given) if given.HasField("new_person") else {},
        "new_unit_id": given.new_unit_id.lower() or None,
        "roles": [_grant(role) for role in given.roles],
        "successor_id": _successor(given),
        "reason": given.reason.strip(),
        "handling": given.handling.strip(),
        "event_date": day,
    }


def demand_words(request: pb.FreezeUserRequest) -> None:
    """R156: raise InvalidFields unless reason and handling say something."""
    blank = [field for field in ("reason", "handling") if not getattr(request, field).strip()]
    if blank:
        raise InvalidFields(*map(required, blank))


def message(row: "Row[Any]") -> pb.AccountChange:
    change = pb.AccountChange(
        id=row.id,
        kind=pb.AccountChange.Kind.Value(_KIND + row.kind),
        user_id=row.user_id or "",
        unit_id=row.unit_id,
        new_unit_id=row.new_unit_id or "",
        roles=map(_assignment, row.roles),
        former_roles=map(_assignment, row.former_roles),
        successor_id=row.successor_id or "",
        reason=row.reason,
        handling=row.handling,
        event_date=row.event_date.isoformat(),
        filed_late=row.filed_late,
        state=pb.AccountChange.State.Value(_STATE + row.state),
        filed_by=row.filed_by,
        decided_by=row.decided_by or "",
        decision_note=row.decision_note,
        carried_out_by=row.carried_out_by or "",
        etag=etag(row.version),
    )
    if row.new_person:
        kind = f"{_KIND}{row.new_person['kind']}"
        change.new_person.MergeFrom(pb.NewPerson(**row.new_person | {"kind": kind}))
    change.due_time.FromDatetime(row.due_at)
    change.create_time.FromDatetime(row.created_at)
    if row.decided_at is not None:
        change.decide_time.FromDatetime(row.decided_at)
    if row.carried_out_at is not None:
        change.carry_out_time.FromDatetime(row.carried_out_at)
    return change


def conditions(request: pb.ListAccountChangesRequest) -> "list[ColumnElement[bool]]":
    """Return the filters of a list."""
    columns = account_changes.c
    found = []
    if request.state:
        found.append(columns.state == pb.AccountChange.State.Name(request.state).removeprefix(_STATE))
    if request.kind:
        found.append(columns.kind == pb.AccountChange.Kind.Name(request.kind).removeprefix(_KIND))
    if request.user_id:
        found.append(columns.user_id == request.user_id)
    if request.unit_id:
        found.append(columns.unit_id == request.unit_id)
    if request.HasField("filed_late"):
        found.append(columns.filed_late if request.filed_late else ~columns.filed_late)
    return found


def foreign(path: str) -> InvalidFields:
    """Return the refusal of a field that this kind of change has no use for."""
    words = "has no place in a change of this kind", "此类变更不需要该字段"
    return InvalidFields(FieldProblem(path, "NOT_FOR_THIS_KIND", *words))


def _demand_shape(kind: Kind, given: pb.AccountChange) -> None:
    try:
        rules.demand_shape(kind, [field for field in _FIELDS if _is_filled(given, field)])
    except rules.FieldMissing as error:
        raise InvalidFields(required(_path(given, error.field))) from None
    except rules.FieldForeign as error:
        raise foreign(_path(given, error.field)) from None


def _is_filled(given: pb.AccountChange, field: str) -> bool:
    if field == "new_person":
        return given.HasField("new_person")
    value = getattr(given, field)
    return bool(value.strip() if isinstance(value, str) else value)


def _path(given: pb.AccountChange, field: str) -> str:
    return f"{PATH}.{given.DESCRIPTOR.fields_by_name[field].json_name}"


def _demand_near(day: date, today: date) -> None:
    try:
        rules.demand_near(day, today)
    except rules.DateOutOfRange:
        words = "is more than a year ahead or ten years back", "超出允许范围(未来一年内、过去十年内)"
        problem = FieldProblem(f"{PATH}.eventDate", "DATE_OUT_OF_RANGE", *words)
        raise InvalidFields(problem) from None


def _successor(given: pb.AccountChange) -> str | None:
    successor_id = given.successor_id.lower()
    if successor_id and successor_id == given.user_id.lower():
        words = "the leaver cannot be the successor", "接手人不能是离职者本人"
        raise InvalidFields(FieldProblem(f"{PATH}.successorId", "SUCCESSOR_IS_LEAVER", *words))
    return successor_id or None


def _person(given: pb.AccountChange) -> dict[str, str]:
    person = given.new_person
    demand(person, "username", "display_name", inside=f"{PATH}.newPerson")
    return {
        "username": person.username,
        "display_name": person.display_name,
        "employee_no": person.employee_no,
        "email": person.email,
        "phone": person.phone,
        "kind": user_messages.kind_of(person.kind),
    }


def _grant(role: roles_pb2.RoleAssignment) -> dict[str, str]:
    return {
        "role_code": role.role_code,
        "unit_id": role.unit_id.lower(),
        "scope": role_messages.scope_of(role),
    }


def _assignment(grant: dict[str, str]) -> roles_pb2.RoleAssignment:
    return roles_pb2.RoleAssignment(
        role_code=grant["role_code"],
        unit_id=grant["unit_id"],
        scope=roles_pb2.Scope.Value(f"SCOPE_{grant['scope']}"),
    )
