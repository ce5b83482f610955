"""The table of role assignments. The roles themselves stand in `builtin.py`."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

role_assignments = Table(
    "role_assignments",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("role_code", Text, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
