"""Funds."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

funds = Table(
    "funds",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("code", Text, nullable=False),
    Column("funder", Text, nullable=False),
    Column("fee_kind", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
