"""Visit plans between protobuf and values."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from chassis.identifiers import new_id
from journeyman.visit.v1 import visit_plans_pb2 as pb

from visit.visit_plans.rules import (
    Amendment,
    NotAMonday,
    Plan,
    Stop,
    StopProblem,
    StopProblemKind,
    StopsRefused,
    WantedStop,
    WeekTooFarAhead,
    arrange,
    demand_week,
)

# The path is that of the field inside a stop.
_STOP_PROBLEMS = {
    StopProblemKind.OUTSIDE_WEEK: FieldProblem(
        "visitDate", "OUTSIDE_WEEK", "lies outside the plan's week", "不在计划所属的周内"
    ),
    StopProblemKind.UNKNOWN_STOP: FieldProblem(
        "id", "UNKNOWN_STOP", "is no stop of this plan", "不是此计划中的拜访站点"
    ),
    StopProblemKind.DUPLICATE_STOP: FieldProblem(
        "id", "DUPLICATE_STOP", "stands in the list twice", "在列表中重复"
    ),
    StopProblemKind.DUPLICATE_CUSTOMER: FieldProblem(
        "customerId", "DUPLICATE_CUSTOMER", "is planned twice on that day", "同一天重复安排了该客户"
    ),
}
_NOT_A_MONDAY = FieldProblem("visitPlan.weekStartDate", "NOT_A_MONDAY", "must be a Monday", "必须是星期一")
_TOO_FAR_AHEAD = FieldProblem(
    "visitPlan.weekStartDate", "TOO_FAR_AHEAD", "is more than a year ahead", "超出一年以后"
)
_FIXED_WEEK = FieldProblem("visitPlan.weekStartDate", "FIXED", "of a plan never changes", "计划的周不能修改")
_NO_ID = FieldProblem("visitPlan.id", "REQUIRED", "name the plan", "请指定拜访计划")
_NO_REASON = FieldProblem("reason", "REQUIRED", "must be given", "必填")
_NO_WEEK = FieldProblem("visitPlan.weekStartDate", "REQUIRED", "must be given", "必填")


def week_to_plan(text: str, today: date) -> date:
    """Return the Monday that a new plan names. Raises InvalidFields, WeekPassed."""
    if not text:
        raise InvalidFields(_NO_WEEK)
    week_start = civil_date(text, "visitPlan.weekStartDate")
    try:
        demand_week(week_start, today)
    except NotAMonday:
        raise InvalidFields(_NOT_A_MONDAY) from None
    except WeekTooFarAhead:
        raise InvalidFields(_TOO_FAR_AHEAD) from None
    return week_start


def plan_id_of(message: pb.VisitPlan) -> str:
    """Return the id of the plan to change. Raises InvalidFields without one."""
    if not message.id:
        raise InvalidFields(_NO_ID)
    return message.id


def reason_of(request: pb.AmendVisitPlanRequest) -> str:
    """Return why a plan is changed (R013). Raises InvalidFields for blanks, which explain nothing."""
    reason = request.reason.strip()
    if not reason:
        raise InvalidFields(_NO_REASON)
    return reason


def demand_same_week(text: str, plan: Plan) -> None:
    """Raise InvalidFields when an update names another week than the plan's."""
    if text not in ("", plan.week_start.isoformat()):
        raise InvalidFields(_FIXED_WEEK)


def wanted_stops(stops: Iterable[pb.PlanStop], path: str) -> Sequence[WantedStop]:
    """Return the stops that a client lists at `path`. Raises InvalidFields for a day that does not exist."""
    return [
        WantedStop(
            stop.id.lower(),
            stop.customer_id.lower(),
            civil_date(stop.visit_date, f"{path}[{index}].visitDate"),
        )
        for index, stop in enumerate(stops)
    ]


def arranged(
    wanted: Sequence[WantedStop], week_start: date, planned: Iterable[Stop], path: str
) -> tuple[Stop, ...]:
    """Return the stops in their routes. Raises InvalidFields naming each that cannot stand in the plan."""
    try:
        return arrange(wanted, week_start, planned, new_id)
    except StopsRefused as refused:
        raise InvalidFields(*[_field_problem(problem, path) for problem in refused.problems]) from None


def _field_problem(problem: StopProblem, path: str) -> FieldProblem:
    words = _STOP_PROBLEMS[problem.kind]
    return replace(words, path=f"{path}[{problem.index}].{words.path}")


def render(plan: Plan, amendments: Iterable[Amendment] = ()) -> pb.VisitPlan:
    """Return a plan as a message."""
    message = pb.VisitPlan(
        id=plan.id,
        user_id=plan.user_id,
        unit_id=plan.unit_id,
        week_start_date=plan.week_start.isoformat(),
        state=pb.VisitPlan.State.Value(f"STATE_{plan.state}"),
        submitted_late=plan.submitted_late,
        etag=etag(plan.version),
        stops=map(_stop, plan.stops),
        amendments=map(_amendment, amendments),
    )
    message.due_time.FromDatetime(plan.due_at)
    if plan.submitted_at:
        message.submit_time.FromDatetime(plan.submitted_at)
    return message


def _stop(stop: Stop) -> pb.PlanStop:
    return pb.PlanStop(
        id=stop.id,
        customer_id=stop.customer_id,
        visit_date=stop.visit_date.isoformat(),
        sequence=stop.sequence,
    )


def _amendment(amendment: Amendment) -> pb.PlanAmendment:
    message = pb.PlanAmendment(
        reason=amendment.reason,
        added=map(_stop, amendment.added),
        removed=map(_stop, amendment.removed),
    )
    message.amend_time.FromDatetime(amendment.amended_at)
    return message
