"""Tables of the visit plans."""

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

plans = Table(
    "visit_plans",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("week_start", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("submitted_late", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

stops = Table(
    "visit_plan_stops",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("plan_id", UUID(as_uuid=False), nullable=False),
    Column("customer_id", UUID(as_uuid=False), nullable=False),
    Column("visit_date", Date, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("unit_id", UUID(as_uuid=False)),
)

amendments = Table(
    "visit_plan_amendments",
    metadata,
    Column("plan_id", UUID(as_uuid=False), primary_key=True),
    Column("plan_version", Integer, primary_key=True),
    Column("amended_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("added", JSONB, nullable=False),
    Column("removed", JSONB, nullable=False),
)
