"""The table of security incidents."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

security_incidents = Table(
    "security_incidents",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("resource", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reporter_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("handler_id", UUID(as_uuid=False)),
    Column("taken_up_at", DateTime(timezone=True)),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("closed_by_id", UUID(as_uuid=False)),
    Column("closed_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
