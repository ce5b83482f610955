"""The table of corrections."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

corrections = Table(
    "corrections",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("collection", Text, nullable=False),
    Column("record_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("owner_id", UUID(as_uuid=False), nullable=False),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("filed_by", UUID(as_uuid=False), nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", UUID(as_uuid=False)),
    Column("decision_note", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
)
