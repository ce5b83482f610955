"""Answers VisitService."""

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.visit.v1 import visits_pb2 as pb

from visit.customers import KnownCustomers
from visit.organisation import UnitPaths
from visit.person_lock import lock_person
from visit.visit_plans.store import stop_for
from visit.visits import events, messages, rules, store
from visit.visits.evidence import Evidence
from visit.visits.rules import Occasion, Visit
from visit.work_policies.store import policy_for


class VisitServicer:
    """Answers VisitService.

    Args:
        organisation: knows whose policy holds for the caller's unit.
        customers: knows which customers the caller reaches.
        evidence: knows the photos.
    """

    contract = pb.DESCRIPTOR.services_by_name["VisitService"]

    def __init__(self, organisation: UnitPaths, customers: KnownCustomers, evidence: Evidence) -> None:
        self._organisation = organisation
        self._customers = customers
        self._evidence = evidence

    def get_visit(self, request: pb.GetVisitRequest, call: Call) -> pb.Visit:
        visit = store.find(call.connection, request.visit_id)
        if visit is None or not call.scope.covers(unit_id=visit.occasion.unit_id, owner_id=visit.user_id):
            raise NotFound("visit")
        return self._rendered(visit, call)

    def list_visits(self, request: pb.ListVisitsRequest, call: Call) -> pb.ListVisitsResponse:
        page = page_of(request)
        visits = store.read_page(call.connection, request, page, call.scope)
        shown, token = page.cut(visits, lambda row: (row.occasion.visit_date.isoformat(), row.id))
        return pb.ListVisitsResponse(visits=map(messages.render, shown), next_page_token=token)

    def create_visit(self, request: pb.CreateVisitRequest, call: Call) -> pb.Visit:
        demand_person(call.caller)
        customer_id = request.visit.customer_id.lower()
        self._customers.demand([customer_id], call.reach("customers.read"))
        lock_person(call.connection, call.caller.subject)
        visit_id, today = new_id(), local_date(call.now)
        stop = stop_for(call.connection, call.caller.subject, customer_id, today)
        if stop and store.stop_is_taken(call.connection, stop.id, visit_id):
            raise rules.StopAlreadyVisited
        visit = Visit(
            id=visit_id,
            user_id=call.caller.subject,
            customer_id=customer_id,
            occasion=Occasion(today, call.caller.unit_id, stop.id if stop else None),
        )
        store.add(call.connection, visit, call.now)
        call.changed(f"visits/{visit.id}")
        return messages.render(visit)

    def check_in_visit(self, request: pb.CheckInVisitRequest, call: Call) -> pb.Visit:
        check_in = messages.check_in_of(request, call)
        visit = _own(request.visit_id, call)
        elsewhere = store.is_in_progress(call.connection, visit.user_id)
        occasion = _occasion(visit, call)
        checked_in = rules.check_in(visit, check_in, occasion, elsewhere=elsewhere)
        return self._saved(checked_in, call, "state")

    def submit_checklist(self, request: pb.SubmitChecklistRequest, call: Call) -> pb.Visit:
        visit = _own(request.visit_id, call)
        return self._saved(messages.submit_checklist(visit, request, call.now), call, "checklist")

    def complete_visit(self, request: pb.CompleteVisitRequest, call: Call) -> pb.Visit:
        demand_person(call.caller)
        files = self._evidence.inspect(request.visit_id, call.caller.subject)
        units = self._organisation.path(call.caller.unit_id)
        visit = _own(request.visit_id, call)
        rules.demand_checklist(visit)
        shown = self._evidence.settle(call.connection, visit.id, files)
        completed = rules.complete(visit, shown, messages.notes_of(request), call.now)
        policy = policy_for(call.connection, units, visit.occasion.visit_date)
        counted = rules.counts(completed, counts_ad_hoc_visits=policy.counts_ad_hoc_visits)
        call.publish(events.completed(completed, counted=counted))
        return self._saved(completed, call, "state")

    def check_out_visit(self, request: pb.CheckOutVisitRequest, call: Call) -> pb.Visit:
        visit = _own(request.visit_id, call)
        return self._saved(rules.check_out(visit, call.now), call, "state")

    def _saved(self, visit: Visit, call: Call, field: str) -> pb.Visit:
        store.save(call.connection, visit)
        call.changed(f"visits/{visit.id}", [field])
        return self._rendered(visit, call)

    def _rendered(self, visit: Visit, call: Call) -> pb.Visit:
        return messages.render(visit, self._evidence.shown(call.connection, visit.id))


def _own(visit_id: str, call: Call) -> Visit:
    """Return the caller's own visit, which no other call changes until the commit.

    Raises PersonRequired, NotFound, EtagMismatch.
    """
    demand_person(call.caller)
    lock_person(call.connection, call.caller.subject)
    visit = store.find(call.connection, visit_id)
    if visit is None or visit.user_id != call.caller.subject:
        raise NotFound("visit")
    call.demand_etag("", visit.version)
    return visit


def _occasion(visit: Visit, call: Call) -> Occasion:
    """Return the occasion of a visit that checks in now (R010, R011)."""
    today, unit_id = local_date(call.now), call.caller.unit_id
    stop = stop_for(call.connection, visit.user_id, visit.customer_id, today)
    if stop is None or store.stop_is_taken(call.connection, stop.id, visit.id):
        return Occasion(today, unit_id)
    begun = store.begun_sequences(call.connection, visit.user_id, today)
    return Occasion(today, unit_id, stop.id, rules.in_sequence(stop.sequence, begun))
