"""The tables of distributions."""

from sqlalchemy import Boolean, Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

distributions = Table(
    "customer_distributions",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("section_id", Text, nullable=False),
    Column("filed_by_id", UUID(as_uuid=False)),
    Column("reason", Text, nullable=False),
    Column("wished_unit_id", UUID(as_uuid=False)),
    Column("state", Text, nullable=False),
    Column("owner_id", UUID(as_uuid=False)),
    Column("owner_unit_id", UUID(as_uuid=False)),
    Column("note", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
)

items = Table(
    "customer_distribution_items",
    metadata,
    Column("distribution_id", UUID(as_uuid=False), primary_key=True),
    Column("customer_id", UUID(as_uuid=False), primary_key=True),
    Column("owner_id", UUID(as_uuid=False), nullable=False),
    Column("distributed", Boolean, nullable=False),
)
