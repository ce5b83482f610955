"""Moves and merges as messages."""

from typing import Any

from chassis.outbox import Fact
from journeyman.audit.v1 import events_pb2 as audit_pb2
from journeyman.identity.v1 import events_pb2
from journeyman.identity.v1 import org_unit_changes_pb2 as pb
from sqlalchemy import Row

from chassis import notices
from gateway.identity.org_unit_changes.errors import ERRORS
from gateway.identity.org_unit_changes.rules import FilerMayNot

_SERVICE = "identity"
FILER_MAY_NOT = ERRORS[FilerMayNot].reason


def render(row: "Row[Any]") -> pb.OrgUnitChange:
    change = pb.OrgUnitChange(
        id=row.id,
        kind=pb.OrgUnitChange.Kind.Value(f"KIND_{row.kind}"),
        unit_id=row.unit_id,
        target_unit_id=row.target_unit_id,
        former_parent_id=row.former_parent_id,
        effective_date=row.effective_date.isoformat(),
        reason=row.reason,
        state=pb.OrgUnitChange.State.Value(f"STATE_{row.state}"),
        failure_reason=row.failure_reason,
        filed_by_id=row.filed_by_id,
    )
    change.create_time.FromDatetime(row.created_at)
    if row.closed_at:
        change.close_time.FromDatetime(row.closed_at)
    return change


def merged(unit: "Row[Any]") -> Fact:
    """Return the fact that a unit was merged into the one above it."""
    data = events_pb2.OrgUnitMerged(unit_id=unit.id, into_unit_id=unit.parent_id)
    return Fact("journeyman.identity.org_unit.merged.v1", unit.id, unit.version, data)


def recorded(row: "Row[Any]") -> Fact:
    """Return what the audit log says of a change that nobody's call closes: who filed it answers for it."""
    resource = f"orgUnitChanges/{row.id}"
    data = audit_pb2.AuditRecorded(
        caller=_SERVICE,
        on_behalf_of=row.filed_by_id,
        method="org-unit-changes",
        resource=resource,
        changed_fields=["state"],
    )
    return Fact(f"journeyman.{_SERVICE}.audit.recorded.v1", resource, 0, data)


def told(row: "Row[Any]") -> Fact:
    """Tell who filed a change what became of it on its day.

    Where they may no longer reorganise, those who may are told besides: perhaps nobody reads that inbox.
    """
    parameters = {
        "unit": row.unit_id,
        "target_unit": row.target_unit_id,
        "date": row.effective_date,
        "kind": row.kind,
        "reason": row.failure_reason,
    }
    resource = f"orgUnitChanges/{row.id}"
    if row.failure_reason:
        orphaned = row.failure_reason == FILER_MAY_NOT
        return notices.raised(
            _SERVICE,
            "orgUnitChanges.failed",
            recipients=[row.filed_by_id],
            permission="orgUnits.reorganise" if orphaned else "",
            unit_id=row.unit_id if orphaned else "",
            parameters=parameters,
            resource=resource,
            dedupe_key=resource,
        )
    return notices.raised(
        _SERVICE,
        "orgUnitChanges.applied",
        recipients=[row.filed_by_id],
        parameters=parameters,
        resource=resource,
        dedupe_key=resource,
    )
