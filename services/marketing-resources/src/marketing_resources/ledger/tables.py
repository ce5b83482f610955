"""Ledger entries and their seals. Both are append-only: the database refuses to change or remove a row."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("budget_id", UUID(as_uuid=False), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("spend_plan_id", UUID(as_uuid=False)),
    Column("spend_plan_item_id", UUID(as_uuid=False)),
    Column("subject", Text, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
)

ledger_unsealed = Table(
    "ledger_unsealed",
    metadata,
    Column("entry_id", UUID(as_uuid=False), primary_key=True),
)

ledger_seals = Table(
    "ledger_seals",
    metadata,
    Column("position", BigInteger, primary_key=True),
    Column("entry_id", UUID(as_uuid=False), nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("singleton", Boolean, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
