"""The table of track points, partitioned by month."""

from sqlalchemy import REAL, Column, DateTime, Double, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

track_points = Table(
    "track_points",
    metadata,
    Column("user_id", UUID(as_uuid=False), primary_key=True),
    Column("captured_at", DateTime(timezone=True), primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("device_id", Text, nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("accuracy_meters", REAL, nullable=False),
    Column("speed_mps", REAL, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
)
