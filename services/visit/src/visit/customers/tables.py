"""The table of the customers that visit knows of."""

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

known_customers = Table(
    "known_customers",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("owner_id", UUID(as_uuid=False)),
    Column("active", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)
