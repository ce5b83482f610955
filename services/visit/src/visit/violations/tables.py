"""The table of violations."""

from sqlalchemy import BigInteger, Column, Date, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

violations = Table(
    "violations",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("kind", Text, nullable=False),
    Column("work_date", Date, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    Column("fine_minor_units", BigInteger),
    Column("fine_currency", Text),
    Column("rule_id", Text, nullable=False),
    Column("work_policy_id", UUID(as_uuid=False)),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
