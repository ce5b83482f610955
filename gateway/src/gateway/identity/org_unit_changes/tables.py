"""The table of moves and merges."""

from sqlalchemy import Column, Date, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

org_unit_changes = Table(
    "org_unit_changes",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("target_unit_id", UUID(as_uuid=False), nullable=False),
    Column("former_parent_id", UUID(as_uuid=False), nullable=False),
    Column("effective_date", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("failure_reason", Text, nullable=False),
    Column("filed_by_id", UUID(as_uuid=False), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
)
