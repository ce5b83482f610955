"""The tables of notices."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

notice_keys = Table(
    "notice_keys",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("told_at", DateTime(timezone=True), nullable=False),
)
notices = Table(
    "notices",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("template", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("resource", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    Column("mail_at", DateTime(timezone=True)),
)
notice_preferences = Table(
    "notice_preferences",
    metadata,
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("language", Text, nullable=False),
    Column("email_enabled", Boolean, nullable=False),
    Column("muted_groups", ARRAY(Text), nullable=False),
    Column("quiet_from", Text, nullable=False),
    Column("quiet_to", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
)
