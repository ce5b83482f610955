"""Spend plans as open work: what was rejected waits for its applicant."""

from collections.abc import Sequence

from chassis.calendar import BUSINESS_ZONE, local_date
from chassis.server import Call
from chassis.work import Place, Waiting, Words, behind
from sqlalchemy import DateTime, Interval, cast, func, select, type_coerce

from marketing_resources.approvals.rules import State as TaskState
from marketing_resources.approvals.tables import approval_tasks
from marketing_resources.spend_plans.rules import State
from marketing_resources.spend_plans.tables import spend_plans

_plans, _tasks = spend_plans.c, approval_tasks.c
_month_end = type_coerce(
    func.timezone(BUSINESS_ZONE.key, _plans.month_start + cast("1 month", Interval)), DateTime(timezone=True)
)


class Rejected:
    """The caller's plans that were rejected and can still be submitted: their month is not over."""

    kind = "spendPlans.submit"
    collection = "spendPlans"
    title = Words(
        "Change the rejected spend plan “{title}” and submit it again",
        "修改被驳回的费用使用计划《{title}》并重新提交",
    )

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        decided = select(_plans.id, _plans.title, _tasks.decided_at, _month_end.label("due_at")).join(
            approval_tasks, (_tasks.plan_id == _plans.id) & (_tasks.submission == _plans.submission)
        )
        query = decided.where(
            _plans.applicant_id == call.caller.subject,
            _plans.state == State.DRAFT,
            _plans.month_start >= local_date(call.now).replace(day=1),
            _tasks.state == TaskState.REJECTED,
            behind(after, _month_end, _plans.id),
        )
        rows = call.connection.execute(query.order_by(_plans.month_start, _plans.id).limit(limit))
        return [Waiting(row.id, row.decided_at, row.due_at, {"title": row.title}) for row in rows]
