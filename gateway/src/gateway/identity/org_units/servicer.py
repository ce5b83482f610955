"""Answers OrgUnitService."""

from typing import Any

from chassis.errors import NotFound
from chassis.field_masks import changed_fields
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import org_units_pb2
from sqlalchemy import ColumnElement, Row

from gateway.identity.org_units import messages, store
from gateway.identity.org_units.rules import SECTION, UnitCodeTaken, UnitNotFound, demand_place
from gateway.identity.required import demand

_MUTABLE = frozenset({"display_name", "company"})


class OrgUnitServicer:
    contract = org_units_pb2.DESCRIPTOR.services_by_name["OrgUnitService"]

    def get_org_unit(self, request: org_units_pb2.GetOrgUnitRequest, call: Call) -> org_units_pb2.OrgUnit:
        row = store.find(call.connection, request.org_unit_id, _visible(call))
        if row is None:
            raise NotFound("unit")
        return _rendered(row, call)

    def list_org_units(
        self, request: org_units_pb2.ListOrgUnitsRequest, call: Call
    ) -> org_units_pb2.ListOrgUnitsResponse:
        page = page_of(request, keys=1)
        rows, token = store.list_page(
            call.connection, _visible(call), page, parent_id=request.parent_id, code=request.code
        )
        sections = store.sections(call.connection, [row.id for row in rows])
        return org_units_pb2.ListOrgUnitsResponse(
            org_units=[messages.message(row, sections[row.id]) for row in rows], next_page_token=token
        )

    def create_org_unit(
        self, request: org_units_pb2.CreateOrgUnitRequest, call: Call
    ) -> org_units_pb2.OrgUnit:
        unit = request.org_unit
        demand(unit, "parent_id", "code", "display_name", inside="orgUnit")
        store.lock_tree(call.connection)
        if store.find(call.connection, unit.parent_id, _visible(call)) is None:
            raise UnitNotFound
        demand_place(
            store.path(call.connection, unit.parent_id), brings_section=messages.kind_of(unit) == SECTION
        )
        row = store.add(call.connection, _values(unit), call.now)
        if row is None:
            raise UnitCodeTaken(unit.code)
        call.publish(messages.changed(row))
        call.changed(f"orgUnits/{row.id}")
        return _rendered(row, call)

    def update_org_unit(
        self, request: org_units_pb2.UpdateOrgUnitRequest, call: Call
    ) -> org_units_pb2.OrgUnit:
        unit = request.org_unit
        demand(unit, "id", inside="orgUnit")
        fields = changed_fields(request.update_mask, unit, mutable=_MUTABLE)
        if "display_name" in fields:
            demand(unit, "display_name", inside="orgUnit")
        row = store.lock(call.connection, unit.id, _visible(call))
        if row is None:
            raise NotFound("unit")
        call.demand_etag(unit.etag, row.version)
        changed = {field: getattr(unit, field) for field in fields}
        row = store.change(call.connection, unit.id, changed, call.now)
        call.publish(messages.changed(row))
        call.changed(f"orgUnits/{row.id}", fields)
        return _rendered(row, call)


def _rendered(row: "Row[Any]", call: Call) -> org_units_pb2.OrgUnit:
    return messages.message(row, store.sections(call.connection, [row.id])[row.id])


def _visible(call: Call) -> "ColumnElement[bool]":
    return store.in_scope(call.scope, call.caller.unit_id)


def _values(unit: org_units_pb2.OrgUnit) -> dict[str, Any]:
    return {
        "parent_id": unit.parent_id,
        "kind": messages.kind_of(unit),
        "code": unit.code,
        "display_name": unit.display_name,
        "company": unit.company,
    }
