"""The read model of visits: facts by aggregate, and their sums by day."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, MetaData, Table
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()


def _id(name: str, *, primary_key: bool = False, nullable: bool = False) -> "Column[str]":
    return Column(name, UUID(as_uuid=False), primary_key=primary_key, nullable=nullable)


visits = Table(
    "visits",
    metadata,
    _id("id", primary_key=True),
    Column("version", BigInteger, nullable=False),
    _id("user_id"),
    _id("unit_id"),
    Column("visit_date", Date, nullable=False),
    _id("stop_id", nullable=True),
    Column("valid", Boolean, nullable=False),
    Column("in_sequence", Boolean, nullable=False),
    Column("counted", Boolean, nullable=False),
)

visit_plans = Table(
    "visit_plans",
    metadata,
    _id("id", primary_key=True),
    Column("version", BigInteger, nullable=False),
)

planned_stops = Table(
    "planned_stops",
    metadata,
    _id("id", primary_key=True),
    _id("plan_id"),
    _id("user_id"),
    _id("unit_id"),
    Column("visit_date", Date, nullable=False),
)

violations = Table(
    "violations",
    metadata,
    _id("id", primary_key=True),
    Column("version", BigInteger, nullable=False),
    _id("user_id"),
    _id("unit_id"),
    Column("work_date", Date, nullable=False),
)

visit_days = Table(
    "visit_days",
    metadata,
    _id("unit_id", primary_key=True),
    _id("user_id", primary_key=True),
    Column("visit_date", Date, primary_key=True),
    Column("visit_count", Integer, nullable=False),
    Column("valid_count", Integer, nullable=False),
    Column("ad_hoc_count", Integer, nullable=False),
    Column("planned_count", Integer, nullable=False),
    Column("visited_stop_count", Integer, nullable=False),
    Column("in_sequence_count", Integer, nullable=False),
    Column("violation_count", Integer, nullable=False),
)
