"""Units as messages."""

from typing import Any

from chassis.etags import etag
from chassis.outbox import Fact
from journeyman.identity.v1 import events_pb2, org_units_pb2
from sqlalchemy import Row

_KIND = "KIND_"


def kind_of(unit: org_units_pb2.OrgUnit) -> str:
    """Return the kind as it is stored, `DEPARTMENT` where none is named."""
    kind = unit.kind or org_units_pb2.OrgUnit.KIND_DEPARTMENT
    return org_units_pb2.OrgUnit.Kind.Name(kind).removeprefix(_KIND)


def message(row: "Row[Any]", section_id: str) -> org_units_pb2.OrgUnit:
    """Return the message of a unit of that section."""
    unit = org_units_pb2.OrgUnit(
        id=row.id,
        parent_id=row.parent_id or "",
        kind=org_units_pb2.OrgUnit.Kind.Value(_KIND + row.kind),
        code=row.code,
        display_name=row.display_name,
        company=row.company,
        etag=etag(row.version),
        state=org_units_pb2.OrgUnit.STATE_CLOSED if row.closed else org_units_pb2.OrgUnit.STATE_ACTIVE,
        section_id=section_id,
    )
    unit.create_time.FromDatetime(row.created_at)
    unit.update_time.FromDatetime(row.updated_at)
    return unit


def changed(row: "Row[Any]") -> Fact:
    data = events_pb2.OrgUnitChanged(
        unit_id=row.id,
        parent_id=row.parent_id or "",
        kind=row.kind,
        code=row.code,
        closed=row.closed,
    )
    return Fact("journeyman.identity.org_unit.changed.v1", row.id, row.version, data)
