"""The read model of budgets. Amounts are minor units."""

from sqlalchemy import BigInteger, Column, Date, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

budgets = Table(
    "budgets",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("fund_id", UUID(as_uuid=False), nullable=False),
    Column("fund_code", Text, nullable=False),
    Column("resource_class", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
)
