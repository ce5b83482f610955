"""The tables of phones, and of phones that several people signed in from."""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

devices = Table(
    "devices",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("installation_digest", LargeBinary, nullable=False),
    Column("model", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("app_version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("signed_in_at", DateTime(timezone=True), nullable=False),
    Column("bound_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    # Real time, as everything about sessions; the other times are business time.
    Column("queue_ends_at", DateTime(timezone=True)),
    Column("decided_by", UUID(as_uuid=False)),
    Column("decision_note", Text, nullable=False),
)

installation_people = Table(
    "installation_people",
    metadata,
    Column("installation_digest", LargeBinary, primary_key=True),
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)

device_sharings = Table(
    "device_sharings",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("installation_digest", LargeBinary, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False),
)

device_sharing_people = Table(
    "device_sharing_people",
    metadata,
    Column("sharing_id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), primary_key=True),
)
