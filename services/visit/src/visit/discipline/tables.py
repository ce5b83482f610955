"""The tables of disciplinary actions."""

from sqlalchemy import Boolean, Column, Date, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

actions = Table(
    "disciplinary_actions",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("step", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("skip_reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("action_date", Date, nullable=False),
    Column("taken_by_id", UUID(as_uuid=False), nullable=False),
    Column("withdrawal_reason", Text, nullable=False, server_default=""),
    Column("withdrawn_by_id", UUID(as_uuid=False)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("end_reason", Text, nullable=False, server_default=""),
    Column("ended_by_id", UUID(as_uuid=False)),
    Column("ended_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

citations = Table(
    "disciplinary_citations",
    metadata,
    Column("action_id", UUID(as_uuid=False), primary_key=True),
    Column("violation_id", UUID(as_uuid=False), primary_key=True),
    Column("effective", Boolean, nullable=False),
)
