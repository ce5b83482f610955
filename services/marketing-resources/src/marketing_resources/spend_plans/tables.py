"""Spend plans and their items. Amounts are minor units."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

spend_plans = Table(
    "spend_plans",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("month_start", Date, nullable=False),
    Column("title", Text, nullable=False),
    Column("applicant_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("state", Text, nullable=False),
    Column("step", Text),
    Column("submission", Integer, nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

spend_plan_items = Table(
    "spend_plan_items",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("plan_id", UUID(as_uuid=False), nullable=False),
    Column("place", Integer, nullable=False),
    Column("budget_id", UUID(as_uuid=False), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("expected_effect", Text, nullable=False),
    Column("central_purchase", Boolean, nullable=False),
)
