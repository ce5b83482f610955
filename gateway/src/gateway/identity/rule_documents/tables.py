"""The tables of rule documents and their versions."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

documents = Table(
    "rule_documents",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

versions = Table(
    "rule_document_versions",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("document_id", UUID(as_uuid=False), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("effective_date", Date, nullable=False),
    Column("text", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("change_note", Text, nullable=False),
    Column("author_id", UUID(as_uuid=False), nullable=False),
    Column("authoriser_id", UUID(as_uuid=False)),
    Column("decided_at", DateTime(timezone=True)),
    Column("comment", Text, nullable=False, server_default=""),
    Column("submitted_at", DateTime(timezone=True)),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
