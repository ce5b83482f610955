"""The table of customers."""

from typing import Any

from sqlalchemy import ARRAY, Column, DateTime, Double, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

Values = dict[str, Any]  # of a row, by column

# What is read of a customer, in this order; the other columns serve search and imports.
COLUMNS = (
    "id",
    "name",
    "code",
    "channel_type",
    "category",
    "contact_name",
    "phone",
    "address",
    "division_code",
    "latitude",
    "longitude",
    "accuracy_meters",
    "unit_id",
    "owner_id",
    "state",
    "version",
    "created_at",
    "updated_at",
)

metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("name", Text(collation="C"), nullable=False),
    Column("code", Text, nullable=False),
    Column("channel_type", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("contact_name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("division_code", Text(collation="C"), nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("accuracy_meters", Double),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("owner_id", UUID(as_uuid=False), nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("search_text", Text(collation="C"), nullable=False),
    Column("search_grams", ARRAY(Text), nullable=False),
)
