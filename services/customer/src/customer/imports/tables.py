"""The tables of imports: who may import which upload, how far each import is, and what it refused."""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

uploads = Table(
    "import_uploads",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("operation_id", UUID(as_uuid=False), primary_key=True),
    Column("last_row", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
)

rejects = Table(
    "import_rejects",
    metadata,
    Column("operation_id", UUID(as_uuid=False), ForeignKey(imports.c.operation_id), primary_key=True),
    Column("row_number", Integer, primary_key=True),
    Column("problem", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("message", Text, nullable=False),
)
