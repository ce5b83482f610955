"""Answers WorkPolicyService."""

from chassis.calendar import local_date
from chassis.dates import optional_date
from chassis.effective import effective
from chassis.errors import FieldProblem, InvalidFields, NotFound
from chassis.pagination import page_of
from chassis.server import Call
from directory.tree import open_unit
from journeyman.visit.v1 import work_policies_pb2 as pb

from directory import UnitClosed, UnknownUnit
from visit.organisation import UnitPaths
from visit.work_policies import messages, store
from visit.work_policies.rules import DEFAULTS, demand_not_past

_UNKNOWN_UNIT = FieldProblem("workPolicy.unitId", "UNKNOWN_UNIT", "is no unit", "单位不存在")


class WorkPolicyServicer:
    contract = pb.DESCRIPTOR.services_by_name["WorkPolicyService"]

    def __init__(self, organisation: UnitPaths) -> None:
        self._organisation = organisation

    def list_work_policies(
        self, request: pb.ListWorkPoliciesRequest, call: Call
    ) -> pb.ListWorkPoliciesResponse:
        page = page_of(request)
        rows = store.read_page(call.connection, page, call.scope, request.unit_id)
        shown, token = page.cut(rows, lambda row: (row.unit_id, row.effective_date.isoformat()))
        return pb.ListWorkPoliciesResponse(
            work_policies=map(messages.render_row, shown), next_page_token=token
        )

    def get_effective_work_policy(
        self, request: pb.GetEffectiveWorkPolicyRequest, call: Call
    ) -> pb.WorkPolicy:
        unit_id = request.unit_id.lower() or call.caller.unit_id
        own = unit_id == call.caller.unit_id
        if not unit_id or not (own or call.scope.covers(unit_id=unit_id, owner_id="")):
            raise NotFound("unit")
        on = optional_date(request.on_date, "onDate") or local_date(call.now)
        try:
            path = self._organisation.path(unit_id)
        except UnknownUnit:
            raise NotFound("unit") from None
        version = effective(store.read_versions(call.connection, path, on), path, on)
        if version is None:
            return messages.render(unit_id, None, DEFAULTS)
        return messages.render(version.unit_id, version.effective_from, version.payload)

    def create_work_policy(self, request: pb.CreateWorkPolicyRequest, call: Call) -> pb.WorkPolicy:
        version = messages.parse(request.work_policy)
        self._demand_unit(version.unit_id, call)
        demand_not_past(version.effective_from, local_date(call.now))
        row = store.add(call.connection, version, call.now)
        call.changed(f"workPolicies/{row.id}")
        return messages.render_row(row)

    def _demand_unit(self, unit_id: str, call: Call) -> None:
        """Raise InvalidFields for a unit that does not exist or lies outside the scope, told alike.

        Raises UnitClosed for one that was merged into another.
        """
        if not call.scope.covers(unit_id=unit_id, owner_id=""):
            raise InvalidFields(_UNKNOWN_UNIT)
        try:
            self._organisation.path(unit_id)
        except UnknownUnit:
            raise InvalidFields(_UNKNOWN_UNIT) from None
        if open_unit(call.connection, unit_id) != unit_id:
            raise UnitClosed
