"""Answers OrgUnitChangeService."""

from datetime import date
from typing import Any

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields, NotFound
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import org_unit_changes_pb2 as pb
from sqlalchemy import Row

from chassis import outbox
from gateway.identity.org_unit_changes import applying, guards, messages, rules, store
from gateway.identity.org_unit_changes.rules import Kind, State
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.store import OwnTree
from gateway.identity.sessions.revocations import Revoker

_DAY = "effectiveDate"


class OrgUnitChangeServicer:
    contract = pb.DESCRIPTOR.services_by_name["OrgUnitChangeService"]

    def __init__(self, tree: OwnTree, revoker: Revoker) -> None:
        self._tree = tree
        self._revoker = revoker

    def move_org_unit(self, request: pb.MoveOrgUnitRequest, call: Call) -> pb.OrgUnitChange:
        return self._file(request, Kind.MOVE, request.parent_id.lower(), call)

    def merge_org_unit(self, request: pb.MergeOrgUnitRequest, call: Call) -> pb.OrgUnitChange:
        return self._file(request, Kind.MERGE, request.into_unit_id.lower(), call)

    def get_org_unit_change(self, request: pb.GetOrgUnitChangeRequest, call: Call) -> pb.OrgUnitChange:
        row = store.find(call.connection, request.org_unit_change_id, call.scope)
        if row is None:
            raise NotFound("org unit change")
        return messages.render(row)

    def list_org_unit_changes(
        self, request: pb.ListOrgUnitChangesRequest, call: Call
    ) -> pb.ListOrgUnitChangesResponse:
        page = page_of(request, keys=1)
        state = pb.OrgUnitChange.State.Name(request.state).removeprefix("STATE_") if request.state else ""
        rows = store.read_page(call.connection, page, call.scope, unit_id=request.unit_id, state=state)
        shown, token = page.cut(rows, lambda row: (row.id,))
        return pb.ListOrgUnitChangesResponse(
            org_unit_changes=map(messages.render, shown), next_page_token=token
        )

    def cancel_org_unit_change(self, request: pb.CancelOrgUnitChangeRequest, call: Call) -> pb.OrgUnitChange:
        row = store.lock(call.connection, request.org_unit_change_id, call.scope)
        if row is None:
            raise NotFound("org unit change")
        rules.demand_scheduled(row.state)
        call.changed(f"orgUnitChanges/{row.id}", ["state"])
        return messages.render(store.close(call.connection, row.id, State.CANCELLED, call.now))

    def _file(
        self, request: pb.MoveOrgUnitRequest | pb.MergeOrgUnitRequest, kind: Kind, target_id: str, call: Call
    ) -> pb.OrgUnitChange:
        demand_person(call.caller)
        today = local_date(call.now)
        effective = _day(request.effective_date, today)
        org_units.lock_tree(call.connection)
        plan = store.plan(call.connection, kind, request.org_unit_id, target_id)
        guards.demand_allowed(call.connection, plan, call.caller, self._tree)
        values = {
            "kind": kind,
            "unit_id": plan.unit.id,
            "target_unit_id": plan.target.id,
            "former_parent_id": plan.unit.parent_id,
            "effective_date": effective,
            "reason": request.reason,
            "filed_by_id": call.caller.subject,
        }
        row = self._apply(values, call) if rules.is_due(effective, today) else _schedule(values, call)
        call.changed(f"orgUnitChanges/{row.id}")
        return messages.render(row)

    def _apply(self, values: dict[str, Any], call: Call) -> "Row[Any]":
        row = store.add_applied(call.connection, values, call.now)
        facts = applying.carry_out(call.connection, row.kind, row.unit_id, row.target_unit_id, call.now)
        # not by call.publish: a unit of thousands makes more facts than one statement has room for
        outbox.append(call.connection, facts, call.now)
        call.after_commit(self._revoker.announce)
        return row


def _schedule(values: dict[str, Any], call: Call) -> "Row[Any]":
    row = store.add(call.connection, values, call.now)
    if row is None:
        raise rules.ChangeScheduled
    return row


def _day(text: str, today: date) -> date:
    """Return the day of the request. Raises InvalidFields for one that does not exist or is too far away."""
    day = civil_date(text, _DAY)
    try:
        rules.demand_near(day, today)
    except rules.TooFarAway:
        words = "is more than a year away", "距今超过一年"
        raise InvalidFields(FieldProblem(_DAY, "DAY_TOO_FAR", *words)) from None
    return day
