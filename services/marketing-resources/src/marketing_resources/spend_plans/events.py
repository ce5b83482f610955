"""What others hear of spend plans."""

from chassis.outbox import Fact
from journeyman.marketing.v1 import events_pb2

from marketing_resources.spend_plans.rules import Plan


def changed(plan: Plan) -> Fact:
    """Return the fact that a plan is now as it is."""
    data = events_pb2.SpendPlanChanged(
        spend_plan_id=plan.id,
        applicant_id=plan.applicant_id,
        unit_id=plan.unit_id,
        month_start_date=plan.month_start.isoformat(),
        state=plan.state,
        step=plan.step or "",
    )
    return Fact("journeyman.marketing.spend_plan.changed.v1", plan.id, plan.version, data)
