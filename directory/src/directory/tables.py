"""The tables of the local copy."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

units = Table(
    "directory_units",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("parent_id", UUID(as_uuid=False)),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("closed", Boolean, nullable=False),
)

users = Table(
    "directory_users",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("role_codes", ARRAY(Text), nullable=False),
    Column("version", BigInteger, nullable=False),
)
