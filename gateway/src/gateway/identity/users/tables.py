"""The tables of accounts, and of the weeks whose unbound people have been told of."""

from sqlalchemy import BigInteger, Column, Date, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("username", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("employee_no", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("phone", Text, nullable=False, server_default=""),
    Column("certified_at", DateTime(timezone=True)),
    Column("freeze_reason", Text, nullable=False, server_default=""),
    Column("wechat_bound_at", DateTime(timezone=True)),
    Column("mobile_installed_at", DateTime(timezone=True)),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

unbound_reviews = Table(
    "unbound_reviews",
    metadata,
    Column("week_start_date", Date, primary_key=True),
    Column("reviewed_at", DateTime(timezone=True), nullable=False),
)
