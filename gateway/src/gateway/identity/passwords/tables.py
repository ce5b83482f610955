"""The tables of former passwords and of mailed links."""

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

former_passwords = Table(
    "former_passwords",
    metadata,
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("replaced_at", DateTime(timezone=True), primary_key=True),
)

password_links = Table(
    "password_links",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("spent_at", DateTime(timezone=True)),
)
