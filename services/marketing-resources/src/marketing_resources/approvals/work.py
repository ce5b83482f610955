"""Decisions as open work: what waits for the caller's, step by step."""

from collections.abc import Mapping, Sequence

from chassis.server import Call
from chassis.work import Place, TaskSource, Waiting, Words, behind
from sqlalchemy import func, null, select

from marketing_resources.approvals.rules import DUTIES, State
from marketing_resources.approvals.tables import approval_tasks
from marketing_resources.spend_plans.rules import Step
from marketing_resources.spend_plans.tables import spend_plans

DECIDE = "approvalTasks.decide"
TITLES: Mapping[Step, Words] = {
    Step.MARKETING_CENTRE: Words(
        "Review the spend plan “{title}” for the marketing centre", "营销中心审核费用使用计划《{title}》"
    ),
    Step.MARKET_DEPARTMENT: Words(
        "Review the spend plan “{title}” for the market department", "市场部审核费用使用计划《{title}》"
    ),
    Step.FINANCE: Words("Audit the fees of the spend plan “{title}”", "审核费用使用计划《{title}》的费用"),
}
_tasks, _others = approval_tasks.c, approval_tasks.alias("others")


class Decisions:
    """The tasks of one step that the caller may decide."""

    kind = DECIDE
    collection = "approvalTasks"

    def __init__(self, step: Step) -> None:
        self.title = TITLES[step]
        self._step = step

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        duty, me = DUTIES[self._step], call.caller.subject
        if not (call.caller.may(DECIDE) and call.caller.may(duty)):
            return ()
        # counted task by task: as an anti-join, all that the caller ever decided would be read first
        decided = select(func.count()).where(
            _others.c.plan_id == _tasks.plan_id,
            _others.c.submission == _tasks.submission,
            _others.c.decided_by == me,
        )
        named = select(_tasks.id, _tasks.created_at, spend_plans.c.title).join(
            spend_plans, spend_plans.c.id == _tasks.plan_id
        )
        query = named.where(
            _tasks.state == State.PENDING,
            _tasks.step == self._step,
            _tasks.applicant_id != me,
            call.reach(DECIDE).clause(_tasks.unit_id, _tasks.applicant_id),
            call.reach(duty).clause(_tasks.unit_id, null()),
            decided.correlate(approval_tasks).scalar_subquery() == 0,
            behind(after, None, _tasks.id),
        )
        rows = call.connection.execute(query.order_by(_tasks.id).limit(limit))
        return [Waiting(row.id, row.created_at, names={"title": row.title}) for row in rows]


def sources() -> Sequence[TaskSource]:
    """Return a source for each step: pending tasks stand in an index by step."""
    return [Decisions(step) for step in Step]
