"""The table of account changes."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

account_changes = Table(
    "account_changes",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("user_id", UUID(as_uuid=False)),
    Column("new_person", JSONB, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("new_unit_id", UUID(as_uuid=False)),
    Column("roles", JSONB, nullable=False),
    Column("former_roles", JSONB, nullable=False),
    Column("successor_id", UUID(as_uuid=False)),
    Column("reason", Text, nullable=False),
    Column("handling", Text, nullable=False),
    Column("event_date", Date, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("filed_late", Boolean, nullable=False),
    Column("filed_by", UUID(as_uuid=False), nullable=False),
    Column("decided_by", UUID(as_uuid=False)),
    Column("decision_note", Text, nullable=False),
    Column("carried_out_by", UUID(as_uuid=False)),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("carried_out_at", DateTime(timezone=True)),
    Column("overdue_told_at", DateTime(timezone=True)),
)
