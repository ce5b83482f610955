"""The events of visit plans."""

from datetime import date

from chassis.notices import raised
from chassis.outbox import Fact
from journeyman.visit.v1 import events_pb2

from visit.visit_plans.rules import Plan, Stop


def submitted(plan: Plan) -> Fact:
    return Fact("journeyman.visit.visit_plan.submitted.v1", plan.id, plan.version, _changed(plan))


def amended(plan: Plan) -> Fact:
    return Fact("journeyman.visit.visit_plan.amended.v1", plan.id, plan.version, _changed(plan))


def moved(plan: Plan) -> Fact:
    return Fact("journeyman.visit.visit_plan.moved.v1", plan.id, plan.version, _changed(plan))


def told_late(plan: Plan, today: date) -> list[Fact]:
    """Tell the person that the plan was late, and once a day the manager that some in the unit were."""
    return [
        raised(
            "visit",
            "visitPlans.late",
            recipients=[plan.user_id],
            parameters={"week": plan.week_start},
            resource=f"visitPlans/{plan.id}",
            dedupe_key=f"visitPlans.late/{plan.id}",
        ),
        raised(
            "visit",
            "visitPlans.lateInTeam",
            permission="visitPlans.read",
            unit_id=plan.unit_id,
            nearest_only=True,
            passed_over=[plan.user_id],
            parameters={"unit": plan.unit_id, "date": today},
            resource="visitPlans",
            dedupe_key=f"visitPlans.lateInTeam/{plan.unit_id}/{today}",
        ),
    ]


def _changed(plan: Plan) -> events_pb2.VisitPlanChanged:
    return events_pb2.VisitPlanChanged(
        visit_plan_id=plan.id,
        user_id=plan.user_id,
        unit_id=plan.unit_id,
        week_start_date=plan.week_start.isoformat(),
        submitted_late=plan.submitted_late,
        stops=[_stop(stop, plan) for stop in plan.stops],
    )


def _stop(stop: Stop, plan: Plan) -> events_pb2.VisitPlanChanged.Stop:
    return events_pb2.VisitPlanChanged.Stop(
        stop_id=stop.id,
        customer_id=stop.customer_id,
        visit_date=stop.visit_date.isoformat(),
        sequence=stop.sequence,
        unit_id=stop.unit_id or plan.unit_id,
    )
