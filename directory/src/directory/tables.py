"""The tables of the local copy, created by a service's first migration."""

from alembic import op
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

_TABLES = """
CREATE TABLE directory_units (
    id uuid PRIMARY KEY,
    parent_id uuid,
    kind text NOT NULL,
    code text NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE directory_users (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    active boolean NOT NULL,
    kind text NOT NULL,
    role_codes text[] NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX directory_users_unit ON directory_users (unit_id);
"""


def create_directory_tables() -> None:
    """Create version 1 of the local copy, inside an alembic migration."""
    op.execute(_TABLES)
