"""The table of units."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

org_units = Table(
    "org_units",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("parent_id", UUID(as_uuid=False)),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("closed", Boolean, nullable=False),
)
