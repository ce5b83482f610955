"""Answers SecurityIncidentService."""

from typing import Any

from chassis.access.people import demand_person
from chassis.errors import NotFound
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import security_incidents_pb2 as pb
from sqlalchemy import Row

from gateway.identity.security_incidents import messages, notices, store
from gateway.identity.security_incidents.rules import State, closed, taken_up

_READ = "securityIncidents.read"


class SecurityIncidentServicer:
    contract = pb.DESCRIPTOR.services_by_name["SecurityIncidentService"]

    def create_security_incident(
        self, request: pb.CreateSecurityIncidentRequest, call: Call
    ) -> pb.SecurityIncident:
        demand_person(call.caller)
        values = messages.values_of(request.security_incident, call.now)
        row = store.add(call.connection, values, call.caller, call.now)
        call.publish(notices.reported(row))
        call.changed(f"securityIncidents/{row.id}")
        return messages.rendered(row)

    def get_security_incident(
        self, request: pb.GetSecurityIncidentRequest, call: Call
    ) -> pb.SecurityIncident:
        seen = store.visible(call.reach(_READ), call.caller)
        row = store.find(call.connection, request.security_incident_id, seen)
        if row is None:
            raise NotFound("security incident")
        return messages.rendered(row)

    def list_security_incidents(
        self, request: pb.ListSecurityIncidentsRequest, call: Call
    ) -> pb.ListSecurityIncidentsResponse:
        page = page_of(request, keys=1)
        rows = store.read_page(
            call.connection,
            page,
            store.visible(call.reach(_READ), call.caller),
            state=messages.state_of(request.state),
            unit_id=request.unit_id,
        )
        shown, token = page.cut(rows, lambda row: (row.id,))
        return pb.ListSecurityIncidentsResponse(
            security_incidents=map(messages.rendered, shown), next_page_token=token
        )

    def take_up_security_incident(
        self, request: pb.TakeUpSecurityIncidentRequest, call: Call
    ) -> pb.SecurityIncident:
        demand_person(call.caller)
        row = _locked(request.security_incident_id, call)
        state = taken_up(State(row.state))
        values = {"state": state, "handler_id": call.caller.subject, "taken_up_at": call.now}
        return messages.rendered(_changed(row.id, values, call))

    def resolve_security_incident(
        self, request: pb.ResolveSecurityIncidentRequest, call: Call
    ) -> pb.SecurityIncident:
        row = _close(request, State.RESOLVED, call)
        call.publish(notices.resolved(row))
        return messages.rendered(row)

    def dismiss_security_incident(
        self, request: pb.DismissSecurityIncidentRequest, call: Call
    ) -> pb.SecurityIncident:
        row = _close(request, State.DISMISSED, call)
        call.publish(notices.dismissed(row))
        return messages.rendered(row)


def _close(
    request: pb.ResolveSecurityIncidentRequest | pb.DismissSecurityIncidentRequest, verdict: State, call: Call
) -> "Row[Any]":
    demand_person(call.caller)
    outcome = messages.stripped(request.outcome, "outcome")
    row = _locked(request.security_incident_id, call)
    values = {
        "state": closed(State(row.state), verdict),
        "outcome": outcome,
        "closed_by_id": call.caller.subject,
        "closed_at": call.now,
    }
    return _changed(row.id, values, call)


def _locked(incident_id: str, call: Call) -> "Row[Any]":
    """Return the incident, locked. Raises NotFound, also outside the scope."""
    row = store.lock(call.connection, incident_id, call.scope)
    if row is None:
        raise NotFound("security incident")
    return row


def _changed(incident_id: str, values: dict[str, Any], call: Call) -> "Row[Any]":
    row = store.change(call.connection, incident_id, values)
    call.changed(f"securityIncidents/{incident_id}", sorted(values))
    return row
