"""Approval tasks between protobuf and rows."""

from typing import Any

from chassis.errors import FieldProblem, InvalidFields
from journeyman.marketing.v1 import approvals_pb2 as pb
from sqlalchemy import Row

from marketing_resources.approvals.rules import State
from marketing_resources.spend_plans.rules import Step

_NO_COMMENT = FieldProblem("comment", "REQUIRED", "must say why", "请说明原因")


def reason_of(request: pb.RejectApprovalTaskRequest) -> str:
    """Return why a plan is rejected. Raises InvalidFields for blanks, which explain nothing."""
    reason = request.comment.strip()
    if not reason:
        raise InvalidFields(_NO_COMMENT)
    return reason


def state_of(state: pb.ApprovalTask.State.ValueType) -> State | None:
    """Return the state to filter by."""
    if state == pb.ApprovalTask.STATE_UNSPECIFIED:
        return None
    return State(pb.ApprovalTask.State.Name(state).removeprefix("STATE_"))


def step_of(step: pb.ApprovalTask.Step.ValueType) -> Step | None:
    """Return the step to filter by."""
    if step == pb.ApprovalTask.STEP_UNSPECIFIED:
        return None
    return Step(pb.ApprovalTask.Step.Name(step).removeprefix("STEP_"))


def rendered(row: Row[Any]) -> pb.ApprovalTask:
    """Return a task as a message."""
    message = pb.ApprovalTask(
        id=row.id,
        spend_plan_id=row.plan_id,
        unit_id=row.unit_id,
        applicant_id=row.applicant_id,
        submission=row.submission,
        step=pb.ApprovalTask.Step.Value(f"STEP_{row.step}"),
        state=pb.ApprovalTask.State.Value(f"STATE_{row.state}"),
        decided_by=row.decided_by or "",
        comment=row.comment,
    )
    if row.decided_at:
        message.decide_time.FromDatetime(row.decided_at)
    message.create_time.FromDatetime(row.created_at)
    return message
