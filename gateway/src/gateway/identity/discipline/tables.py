"""The table of what disciplinary actions hold against accounts."""

from sqlalchemy import Boolean, Column, MetaData, Table
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

holds = Table(
    "disciplinary_holds",
    metadata,
    Column("action_id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("freezes", Boolean, nullable=False),
    Column("in_effect", Boolean, nullable=False),
)
