"""Answers ApprovalTaskService."""

from typing import Any

from chassis.access.people import demand_person
from chassis.errors import NotFound
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.marketing.v1 import approvals_pb2 as pb
from sqlalchemy import Row

from marketing_resources.approvals import messages, notices, rules, store
from marketing_resources.approvals.rules import State, TaskClosed
from marketing_resources.disbursements import store as disbursements
from marketing_resources.ledger.posting import move
from marketing_resources.ledger.rules import Kind
from marketing_resources.spend_plans import events
from marketing_resources.spend_plans import rules as plan_rules
from marketing_resources.spend_plans import store as plans
from marketing_resources.spend_plans.rules import Plan, Step


class ApprovalTaskServicer:
    contract = pb.DESCRIPTOR.services_by_name["ApprovalTaskService"]

    def get_approval_task(self, request: pb.GetApprovalTaskRequest, call: Call) -> pb.ApprovalTask:
        return messages.rendered(_in_scope(request.approval_task_id, call))

    def list_approval_tasks(
        self, request: pb.ListApprovalTasksRequest, call: Call
    ) -> pb.ListApprovalTasksResponse:
        page = page_of(request, keys=1)
        rows = store.read_page(
            call.connection,
            page,
            call.scope,
            state=messages.state_of(request.state),
            step=messages.step_of(request.step),
            plan_id=request.spend_plan_id,
        )
        shown, token = page.cut(rows, lambda row: (row.id,))
        return pb.ListApprovalTasksResponse(
            approval_tasks=map(messages.rendered, shown), next_page_token=token
        )

    def approve_approval_task(self, request: pb.ApproveApprovalTaskRequest, call: Call) -> pb.ApprovalTask:
        demand_person(call.caller)
        plan = _to_decide(request.approval_task_id, call)
        decided = _decide(request.approval_task_id, State.APPROVED, request.comment.strip(), call)
        approved = _save(plan_rules.approve(plan), call)
        if approved.step:
            store.add(call.connection, approved, call.now)
            call.publish(notices.waiting(approved, approved.step))
        else:
            move(call, plan_rules.movements(approved, Kind.COMMIT))
            disbursements.add(call.connection, approved, call.now)
            call.publish(notices.approved(approved))
        return messages.rendered(decided)

    def reject_approval_task(self, request: pb.RejectApprovalTaskRequest, call: Call) -> pb.ApprovalTask:
        demand_person(call.caller)
        reason = messages.reason_of(request)
        plan = _to_decide(request.approval_task_id, call)
        decided = _decide(request.approval_task_id, State.REJECTED, reason, call)
        rejected = _save(plan_rules.reject(plan), call)
        move(call, plan_rules.movements(rejected, Kind.RELEASE))
        call.publish(notices.rejected(rejected, decided.step, decided.decided_by))
        return messages.rendered(decided)


def _in_scope(task_id: str, call: Call) -> Row[Any]:
    task = store.find(call.connection, task_id)
    if task is None or not call.scope.covers(unit_id=task.unit_id, owner_id=task.applicant_id):
        raise NotFound("approval task")
    return task


def _to_decide(task_id: str, call: Call) -> Plan:
    """Return the plan of a task, locked, that waits for the caller's decision.

    Raises NotFound, TaskClosed, NotYourDuty, OwnPlan, DecidedBefore.
    """
    plan = plans.lock(call.connection, _in_scope(task_id, call).plan_id)
    # read again: somebody may have decided or withdrawn while this call waited for the lock
    task = store.find(call.connection, task_id)
    if plan is None or task is None or task.state != State.PENDING:
        raise TaskClosed
    _demand_duty(Step(task.step), plan, call)
    decided_before = store.deciders(call.connection, plan.id, plan.submission)
    rules.demand_decider(call.caller.subject, plan.applicant_id, decided_before)
    return plan


def _demand_duty(step: Step, plan: Plan, call: Call) -> None:
    """Raise NotYourDuty unless a role gives the caller the step's duty for the plan's unit."""
    duty = rules.DUTIES[step]
    # without an owner: a duty over one's own rows would be one to approve one's own plans
    if not call.reach(duty).covers(unit_id=plan.unit_id, owner_id=None):
        raise rules.NotYourDuty(duty)


def _decide(task_id: str, state: State, comment: str, call: Call) -> Row[Any]:
    by = call.caller.subject
    decided = store.decide(call.connection, task_id, state, by=by, comment=comment, at=call.now)
    call.changed(f"approvalTasks/{decided.id}", ["state", "comment"] if comment else ["state"])
    return decided


def _save(plan: Plan, call: Call) -> Plan:
    saved = plans.save(call.connection, plan, call.now)
    call.publish(events.changed(saved))
    return saved
