"""What a service has put on record."""

from google.protobuf.any_pb2 import Any
from journeyman.audit.v1.events_pb2 import AuditRecorded
from sqlalchemy import text

from chassis.database import Database

_ENTRIES = text(
    "SELECT coalesce(audit, data) FROM outbox WHERE audit IS NOT NULL OR type LIKE '%.audit.recorded.v1'"
    " ORDER BY seq"
)


def audit_entries(database: Database) -> list[AuditRecorded]:
    """Return the audit entries of the service's writes, oldest first."""
    with database.reading() as connection:
        return [_unpacked(bytes(packed)) for packed in connection.execute(_ENTRIES).scalars()]


def _unpacked(packed: bytes) -> AuditRecorded:
    entry = AuditRecorded()
    Any.FromString(packed).Unpack(entry)
    return entry
