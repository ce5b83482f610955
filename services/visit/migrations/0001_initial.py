"""Work policies, attendance, tracks and violations."""

from alembic import op
from chassis.database.platform import create_platform_tables
from directory.schema import create_directory_tables

revision = "0001"
down_revision = None

_WORK_POLICIES = """
CREATE TABLE work_policies (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    effective_date date NOT NULL,
    clock_in_deadline time NOT NULL,
    clock_out_earliest time NOT NULL,
    track_window_start time NOT NULL,
    track_window_end time NOT NULL,
    signal_gap_minutes integer NOT NULL,
    signal_gap_fine_minor_units bigint NOT NULL,
    signal_gap_fine_currency text NOT NULL,
    counts_ad_hoc_visits boolean NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (unit_id, effective_date)
);
"""

_ATTENDANCE = """
CREATE TABLE attendance_days (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    work_date date NOT NULL,
    version bigint NOT NULL,
    clock_in_at timestamptz NOT NULL,
    clock_in_result text NOT NULL,
    clock_in_captured_at timestamptz,
    clock_in_device_id text NOT NULL,
    clock_in_latitude double precision,
    clock_in_longitude double precision,
    clock_in_accuracy_meters double precision,
    clock_out_at timestamptz,
    clock_out_result text,
    clock_out_captured_at timestamptz,
    clock_out_device_id text,
    clock_out_latitude double precision,
    clock_out_longitude double precision,
    clock_out_accuracy_meters double precision,
    signal_check_due_at timestamptz,
    UNIQUE (user_id, work_date)
);
CREATE INDEX attendance_days_newest ON attendance_days (work_date DESC, id DESC);
CREATE INDEX attendance_days_unit ON attendance_days (unit_id, work_date DESC, id DESC);
CREATE INDEX attendance_days_signal_check ON attendance_days (signal_check_due_at)
    WHERE signal_check_due_at IS NOT NULL;
"""

_TRACKS = """
CREATE TABLE track_points (
    user_id uuid NOT NULL,
    captured_at timestamptz NOT NULL,
    unit_id uuid NOT NULL,
    device_id text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    accuracy_meters real NOT NULL,
    speed_mps real NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, captured_at)
) PARTITION BY RANGE (captured_at);
"""

_VIOLATIONS = """
CREATE TABLE violations (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    kind text NOT NULL,
    work_date date NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    fine_minor_units bigint,
    fine_currency text,
    rule_id text NOT NULL,
    work_policy_id uuid,
    created_at timestamptz NOT NULL,
    UNIQUE (user_id, kind, work_date, started_at)
);
CREATE INDEX violations_newest ON violations (work_date DESC, id DESC);
CREATE INDEX violations_unit ON violations (unit_id, work_date DESC, id DESC);
CREATE INDEX violations_user ON violations (user_id, work_date DESC, id DESC);
"""


def upgrade() -> None:
    create_platform_tables()
    create_directory_tables()
    for tables in (_WORK_POLICIES, _ATTENDANCE, _TRACKS, _VIOLATIONS):
        op.execute(tables)
