"""Answers VisitPlanService."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.database import Database
from chassis.dates import optional_date
from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.visit.v1 import visit_plans_pb2 as pb
from sqlalchemy import Connection

from visit.customers import KnownCustomers
from visit.organisation import UnitPaths
from visit.person_lock import lock_person
from visit.visit_plans import events, messages, rules, store
from visit.visit_plans.rules import Plan, WantedStop
from visit.work_policies.store import policy_for

BegunStops = Callable[[Connection, Collection[str], datetime], Collection[str]]


class VisitPlanServicer:
    """Answers VisitPlanService.

    Args:
        database: holds the plans.
        organisation: knows whose policy holds for the caller's unit.
        customers: knows which customers the caller reaches.
        begun_stops: tells which of some stops have a visit that had checked in by an instant.
    """

    contract = pb.DESCRIPTOR.services_by_name["VisitPlanService"]

    def __init__(
        self,
        database: Database,
        organisation: UnitPaths,
        customers: KnownCustomers,
        begun_stops: BegunStops,
    ) -> None:
        self._database = database
        self._organisation = organisation
        self._customers = customers
        self._begun_stops = begun_stops

    def get_visit_plan(self, request: pb.GetVisitPlanRequest, call: Call) -> pb.VisitPlan:
        plan = store.find(call.connection, request.visit_plan_id)
        if plan is None or not call.scope.covers(unit_id=plan.unit_id, owner_id=plan.user_id):
            raise NotFound("visit plan")
        return messages.render(plan, store.read_amendments(call.connection, plan.id))

    def list_visit_plans(self, request: pb.ListVisitPlansRequest, call: Call) -> pb.ListVisitPlansResponse:
        page = page_of(request)
        week_start = optional_date(request.week_start_date, "weekStartDate")
        plans = store.read_page(call.connection, page, call.scope, request.user_id, week_start)
        shown, token = page.cut(plans, lambda row: (row.week_start.isoformat(), row.id))
        return pb.ListVisitPlansResponse(visit_plans=map(messages.render, shown), next_page_token=token)

    def create_visit_plan(self, request: pb.CreateVisitPlanRequest, call: Call) -> pb.VisitPlan:
        demand_person(call.caller)
        week_start = messages.week_to_plan(request.visit_plan.week_start_date, local_date(call.now))
        wanted = messages.wanted_stops(request.visit_plan.stops, "visitPlan.stops")
        unnamed = [WantedStop("", stop.customer_id, stop.visit_date) for stop in wanted]
        stops = messages.arranged(unnamed, week_start, (), "visitPlan.stops")
        self._customers.demand((stop.customer_id for stop in stops), call.reach("customers.read"))
        units = self._policy_units(call)
        lock_person(call.connection, call.caller.subject)
        plan = Plan(
            id=new_id(),
            user_id=call.caller.subject,
            # not the token's: who moved meanwhile takes along only what is there by then
            unit_id=store.unit_of(call.connection, call.caller.subject) or call.caller.unit_id,
            week_start=week_start,
            stops=stops,
            due_at=self._due_at(call, units, week_start),
        )
        store.add(call.connection, plan, call.now)
        call.changed(f"visitPlans/{plan.id}")
        return messages.render(plan)

    def update_visit_plan(self, request: pb.UpdateVisitPlanRequest, call: Call) -> pb.VisitPlan:
        demand_person(call.caller)
        plan_id = messages.plan_id_of(request.visit_plan)
        wanted = messages.wanted_stops(request.visit_plan.stops, "visitPlan.stops")
        self._demand_new_customers(plan_id, wanted, call)
        units = self._policy_units(call)
        plan = _own(plan_id, call)
        call.demand_etag(request.visit_plan.etag, plan.version)
        messages.demand_same_week(request.visit_plan.week_start_date, plan)
        stops = messages.arranged(wanted, plan.week_start, plan.stops, "visitPlan.stops")
        rewritten = rules.rewrite(plan, stops, self._due_at(call, units, plan.week_start))
        store.save(call.connection, rewritten)
        store.write_stops(call.connection, rewritten)
        call.changed(f"visitPlans/{plan.id}", ["stops"])
        return messages.render(rewritten)

    def submit_visit_plan(self, request: pb.SubmitVisitPlanRequest, call: Call) -> pb.VisitPlan:
        demand_person(call.caller)
        units = self._policy_units(call)
        plan = _own(request.visit_plan_id, call)
        call.demand_etag("", plan.version)
        submitted = rules.submit(plan, call.now, self._due_at(call, units, plan.week_start))
        store.save(call.connection, submitted)
        call.publish(events.submitted(submitted))
        if submitted.submitted_late:
            for fact in events.told_late(submitted, local_date(call.now)):
                call.publish(fact)
        call.changed(f"visitPlans/{plan.id}", ["state"])
        return messages.render(submitted)

    def amend_visit_plan(self, request: pb.AmendVisitPlanRequest, call: Call) -> pb.VisitPlan:
        demand_person(call.caller)
        reason = messages.reason_of(request)
        wanted = messages.wanted_stops(request.stops, "stops")
        self._demand_new_customers(request.visit_plan_id, wanted, call)
        plan = _own(request.visit_plan_id, call)
        call.demand_etag("", plan.version)
        stops = messages.arranged(wanted, plan.week_start, plan.stops, "stops")
        begun = self._begun_stops(call.connection, [stop.id for stop in plan.stops], call.now)
        amended, amendment = rules.amend(plan, stops, reason, begun=begun, at=call.now)
        store.save(call.connection, amended)
        store.write_stops(call.connection, amended)
        store.add_amendment(call.connection, plan.id, amendment)
        call.publish(events.amended(amended))
        call.changed(f"visitPlans/{plan.id}", ["stops"])
        return messages.render(amended, store.read_amendments(call.connection, plan.id))

    def _policy_units(self, call: Call) -> Sequence[str]:
        """Return the units whose policies hold for the caller, nearest first."""
        return self._organisation.path(call.caller.unit_id)

    @staticmethod
    def _due_at(call: Call, units: Sequence[str], week_start: date) -> datetime:
        policy = policy_for(call.connection, units, rules.due_day(week_start))
        return rules.due_at(week_start, policy.clock_in_deadline)

    def _demand_new_customers(self, plan_id: str, wanted: Iterable[WantedStop], call: Call) -> None:
        """Demand the customers that the plan does not have yet; one that left the scope may stay."""
        with self._database.reading() as connection:
            planned = store.planned_customers(connection, plan_id, call.caller.subject)
        new = {stop.customer_id for stop in wanted} - planned
        self._customers.demand(new, call.reach("customers.read"))


def _own(plan_id: str, call: Call) -> Plan:
    """Return the caller's own plan, which no other call changes until the commit. Raises NotFound."""
    lock_person(call.connection, call.caller.subject)
    plan = store.find(call.connection, plan_id)
    if plan is None or plan.user_id != call.caller.subject:
        raise NotFound("visit plan")
    return plan
