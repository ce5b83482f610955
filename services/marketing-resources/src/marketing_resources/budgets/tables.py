"""Budgets with their balances, in minor units."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

budgets = Table(
    "budgets",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("fund_id", UUID(as_uuid=False), nullable=False),
    Column("resource_class", Text, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
