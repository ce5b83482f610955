"""The read model of customers."""

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("active", Boolean, nullable=False),
)
