"""The table of attendance days."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

attendance_days = Table(
    "attendance_days",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("work_date", Date, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("clock_in_at", DateTime(timezone=True), nullable=False),
    Column("clock_in_result", Text, nullable=False),
    Column("clock_in_captured_at", DateTime(timezone=True)),
    Column("clock_in_device_id", Text, nullable=False),
    Column("clock_in_latitude", Double),
    Column("clock_in_longitude", Double),
    Column("clock_in_accuracy_meters", Double),
    Column("clock_out_at", DateTime(timezone=True)),
    Column("clock_out_result", Text),
    Column("clock_out_captured_at", DateTime(timezone=True)),
    Column("clock_out_device_id", Text),
    Column("clock_out_latitude", Double),
    Column("clock_out_longitude", Double),
    Column("clock_out_accuracy_meters", Double),
    Column("signal_check_due_at", DateTime(timezone=True)),
)
