"""The entries of the audit log and their seals. Both are append-only."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("occurred_at", DateTime(timezone=True), primary_key=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("service", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("caller_unit_id", UUID(as_uuid=False)),
    Column("on_behalf_of", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("changed_fields", ARRAY(Text), nullable=False),
    Column("request_id", Text, nullable=False),
)

audit_unsealed = Table(
    "audit_unsealed",
    metadata,
    Column("entry_id", UUID(as_uuid=False), primary_key=True),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("position", BigInteger, primary_key=True),
    Column("entry_id", UUID(as_uuid=False), nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("singleton", Boolean, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

audit_retention = Table(
    "audit_retention",
    metadata,
    Column("kept_from", DateTime(timezone=True), primary_key=True),
    Column("dropped_at", DateTime(timezone=True), nullable=False),
)
