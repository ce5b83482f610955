"""The tables of authenticators and recovery codes."""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

authenticators = Table(
    "authenticators",
    metadata,
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("secret", Text, nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("last_step", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)
