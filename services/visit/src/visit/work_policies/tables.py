"""The table of work policies."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text, Time
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

work_policies = Table(
    "work_policies",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("unit_id", UUID(as_uuid=False), nullable=False),
    Column("effective_date", Date, nullable=False),
    Column("clock_in_deadline", Time, nullable=False),
    Column("clock_out_earliest", Time, nullable=False),
    Column("track_window_start", Time, nullable=False),
    Column("track_window_end", Time, nullable=False),
    Column("signal_gap_minutes", Integer, nullable=False),
    Column("signal_gap_fine_minor_units", BigInteger, nullable=False),
    Column("signal_gap_fine_currency", Text, nullable=False),
    Column("counts_ad_hoc_visits", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
