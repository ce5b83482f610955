"""The chain of the audit log: every entry under a seal, as chassis.sealing says."""

from chassis.sealing import Chain

AUDIT_LOG = Chain(
    name="audit",
    entries="audit_log",
    columns={
        "id": "entry.id::text",
        "occurred_at": "extract(epoch FROM entry.occurred_at)::text",
        "recorded_at": "extract(epoch FROM entry.recorded_at)::text",
        "service": "entry.service",
        "caller": "entry.caller",
        "caller_unit_id": "entry.caller_unit_id::text",
        "on_behalf_of": "entry.on_behalf_of",
        "method": "entry.method",
        "resource": "entry.resource",
        "changed_fields": "entry.changed_fields",
        "request_id": "entry.request_id",
    },
    partitioned_by="occurred_at",
    aged="seal.occurred_at < (SELECT max(kept_from) FROM audit_retention)",
)
