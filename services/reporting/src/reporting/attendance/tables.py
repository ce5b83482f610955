"""The read model of attendance: one row per person and day, and where people belonged before they moved."""

from sqlalchemy import BigInteger, Column, Date, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

attendance_days = Table(
    "attendance_days",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("work_date", Date, nullable=False),
    Column("clock_in_result", Text, nullable=False),
    Column("clock_out_result", Text, nullable=False),
)

# Kept from identity's events, which a rebuild does not read again: it is none of the tables that one empties.
former_units = Table(
    "former_units",
    metadata,
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("left_on", Date, primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
)
