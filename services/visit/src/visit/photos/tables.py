"""The table of photos."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

photos = Table(
    "photos",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("visit_id", UUID(as_uuid=False), nullable=False),
    Column("kind", Text, nullable=False),
    Column("captured_at", DateTime(timezone=True), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("upload_expires_at", DateTime(timezone=True), nullable=False),
    Column("content_type", Text),
    Column("sha256", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
