"""What waits, or waited, for a decision."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

approval_tasks = Table(
    "approval_tasks",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("plan_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("applicant_id", UUID(as_uuid=False), nullable=False),
    Column("submission", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", UUID(as_uuid=False)),
    Column("decided_at", DateTime(timezone=True)),
    Column("comment", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
