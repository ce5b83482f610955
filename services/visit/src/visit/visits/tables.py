"""The table of visits."""

from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Double, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

visits = Table(
    "visits",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("customer_id", UUID(as_uuid=False), nullable=False),
    Column("plan_stop_id", UUID(as_uuid=False)),
    Column("visit_date", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("checked_in_at", DateTime(timezone=True)),
    Column("check_in_captured_at", DateTime(timezone=True)),
    Column("check_in_latitude", Double),
    Column("check_in_longitude", Double),
    Column("check_in_accuracy_meters", Double),
    Column("in_sequence", Boolean, nullable=False),
    Column("checklist_at", DateTime(timezone=True)),
    Column("checklist_captured_at", DateTime(timezone=True)),
    Column("exceptions", ARRAY(Text), nullable=False),
    Column("completed_at", DateTime(timezone=True)),
    Column("valid", Boolean, nullable=False),
    Column("invalid_reasons", ARRAY(Text), nullable=False),
    Column("customer_opinion", Text, nullable=False),
    Column("in_store_sales", Text, nullable=False),
    Column("competitor_information", Text, nullable=False),
    Column("checked_out_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
