"""The read model of attendance: one row per person and day."""

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
