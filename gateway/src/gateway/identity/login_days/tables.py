"""The tables of login days, and of how each person stands towards the login duties."""

from sqlalchemy import Boolean, Column, Date, DateTime, MetaData, Table
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

login_days = Table(
    "login_days",
    metadata,
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("work_date", Date, primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("first_sign_in_at", DateTime(timezone=True), nullable=False),
)

standings = Table(
    "login_standings",
    metadata,
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("able", Boolean, nullable=False),
    Column("last_login_date", Date),
    Column("since_date", Date, nullable=False),
    Column("noticed", Boolean, nullable=False, server_default="false"),
)
