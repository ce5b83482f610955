"""Entries and what is wrong with them, as messages."""

from collections.abc import Mapping
from typing import Any

from chassis.sealing import Finding
from journeyman.identity.v1 import audit_log_pb2 as pb
from sqlalchemy import Row


def entry(row: "Row[Any]", usernames: Mapping[str, str]) -> pb.AuditEntry:
    """Return an entry, with its seal where it has one."""
    message = pb.AuditEntry(
        id=row.id,
        service=row.service,
        caller=row.caller,
        caller_username=usernames.get(row.caller, ""),
        caller_unit_id=row.caller_unit_id or "",
        on_behalf_of=row.on_behalf_of,
        method=row.method,
        resource=row.resource,
        changed_fields=row.changed_fields,
        request_id=row.request_id,
        position=row.position or 0,
        hash=row.hash.hex() if row.hash else "",
    )
    message.occur_time.FromDatetime(row.occurred_at)
    message.record_time.FromDatetime(row.recorded_at)
    return message


def finding(found: Finding) -> pb.VerifyAuditLogResponse.Finding:
    kind = pb.VerifyAuditLogResponse.Finding.Kind.Value(f"KIND_{found.kind}")
    return pb.VerifyAuditLogResponse.Finding(kind=kind, id=found.id, position=found.position)
