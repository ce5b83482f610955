"""The tables of imports: who may import which upload, and what was refused."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

uploads = Table(
    "user_import_uploads",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

rejects = Table(
    "user_import_rejects",
    metadata,
    Column("operation_id", UUID(as_uuid=False), primary_key=True),
    Column("row_number", Integer, primary_key=True),
    Column("problem", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("message", Text, nullable=False),
)
