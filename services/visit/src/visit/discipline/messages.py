"""Disciplinary actions between protobuf and values."""

from collections.abc import Sequence
from typing import Any

from chassis.errors import FieldProblem, InvalidFields
from journeyman.visit.v1 import disciplinary_actions_pb2 as pb
from sqlalchemy import Row

from visit.discipline.rules import Cause, GroundsMissing, State, Step, demand_grounds

_INSIDE = "disciplinaryAction"


def cause_of(given: pb.DisciplinaryAction) -> Cause:
    """Return what the step is taken for. Raises InvalidFields when that is not named."""
    cause = Cause(pb.DisciplinaryAction.Cause.Name(given.cause).removeprefix("CAUSE_"))
    try:
        demand_grounds(cause, cites=bool(given.violation_ids), facts=given.facts)
    except GroundsMissing as missing:
        name = given.DESCRIPTOR.fields_by_name[missing.field].json_name
        raise InvalidFields(_required(f"{_INSIDE}.{name}")) from None
    return cause


def step_of(given: pb.DisciplinaryAction) -> Step | None:
    """Return the step that is asked for; None for the next one."""
    return Step(given.step) if given.step else None


def state_of(state: "pb.DisciplinaryAction.State.ValueType") -> State | None:
    """Return the state of a filter; None for all."""
    return State(pb.DisciplinaryAction.State.Name(state).removeprefix("STATE_")) if state else None


def reason_of(request: pb.EndDisciplinaryActionRequest | pb.WithdrawDisciplinaryActionRequest) -> str:
    """Return the reason. Raises InvalidFields for one of blanks."""
    reason = request.reason.strip()
    if not reason:
        raise InvalidFields(_required("reason"))
    return reason


def rendered(row: Row[Any], violation_ids: Sequence[str]) -> pb.DisciplinaryAction:
    action = pb.DisciplinaryAction(
        id=row.id,
        user_id=row.user_id,
        unit_id=row.unit_id,
        step=pb.DisciplinaryAction.Step.Value(f"STEP_{row.step}"),
        cause=pb.DisciplinaryAction.Cause.Value(f"CAUSE_{row.cause}"),
        violation_ids=violation_ids,
        facts=row.facts,
        skip_reason=row.skip_reason,
        state=pb.DisciplinaryAction.State.Value(f"STATE_{row.state}"),
        action_date=row.action_date.isoformat(),
        taken_by_id=row.taken_by_id,
        withdrawal_reason=row.withdrawal_reason,
        withdrawn_by_id=row.withdrawn_by_id or "",
        end_reason=row.end_reason,
        ended_by_id=row.ended_by_id or "",
    )
    action.create_time.FromDatetime(row.created_at)
    if row.withdrawn_at is not None:
        action.withdraw_time.FromDatetime(row.withdrawn_at)
    if row.ended_at is not None:
        action.end_time.FromDatetime(row.ended_at)
    return action


def _required(path: str) -> FieldProblem:
    return FieldProblem(path, "REQUIRED", "must be given", "必填")
