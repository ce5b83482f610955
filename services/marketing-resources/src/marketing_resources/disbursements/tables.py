"""What finance has to pay, and has paid. Amounts are minor units."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

disbursements = Table(
    "disbursements",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("plan_id", UUID(as_uuid=False), nullable=False),
    Column("item_id", UUID(as_uuid=False), nullable=False),
    Column("budget_id", UUID(as_uuid=False), nullable=False),
    Column("applicant_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("central_purchase", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_by", Text),
    Column("external_id", Text),
    Column("paid_on", Date),
    Column("confirmed_at", DateTime(timezone=True)),
)
