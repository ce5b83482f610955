"""Reviews of the audit log, which are append-only, and the reminders of months without one."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

audit_reviews = Table(
    "audit_reviews",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("findings", Text, nullable=False),
    Column("entry_count", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("reviewer_id", UUID(as_uuid=False), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

audit_review_reminders = Table(
    "audit_review_reminders",
    metadata,
    Column("month", Date, primary_key=True),
    Column("reminded_at", DateTime(timezone=True), nullable=False),
)
