"""Sign-ins that have begun, and who a provider's people are here."""

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

oidc_sign_ins = Table(
    "oidc_sign_ins",
    metadata,
    Column("state_digest", LargeBinary, primary_key=True),
    Column("browser_digest", LargeBinary, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("code_verifier", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

oidc_people = Table(
    "oidc_people",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("linked_at", DateTime(timezone=True), nullable=False),
)
