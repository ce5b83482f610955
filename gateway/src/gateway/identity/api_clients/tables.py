"""The table of machine clients."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, LargeBinary, MetaData, Table, Text

metadata = MetaData()

api_clients = Table(
    "api_clients",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("secret_digest", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("previous_digest", LargeBinary),
    Column("previous_expires_at", DateTime(timezone=True)),
    Column("last_sign_in_at", DateTime(timezone=True)),
    Column("of_settings", Boolean, nullable=False, server_default="false"),
)
