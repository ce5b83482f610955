"""The read models of visits, attendance and customers."""

from alembic import op
from chassis.database.platform import create_platform_tables
from directory.schema import create_directory_tables

revision = "0001"
down_revision = None

_VISITS = """
CREATE TABLE visits (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    visit_date date NOT NULL,
    stop_id uuid,
    valid boolean NOT NULL,
    in_sequence boolean NOT NULL,
    counted boolean NOT NULL
);
CREATE INDEX visits_day ON visits (user_id, visit_date);
CREATE INDEX visits_stop ON visits (stop_id) WHERE stop_id IS NOT NULL;

CREATE TABLE visit_plans (
    id uuid PRIMARY KEY,
    version bigint NOT NULL
);
CREATE TABLE planned_stops (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    visit_date date NOT NULL
);
CREATE INDEX planned_stops_plan ON planned_stops (plan_id);
CREATE INDEX planned_stops_day ON planned_stops (user_id, visit_date);

CREATE TABLE violations (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    work_date date NOT NULL
);
CREATE INDEX violations_day ON violations (user_id, work_date);

CREATE TABLE visit_days (
    unit_id uuid NOT NULL,
    user_id uuid NOT NULL,
    visit_date date NOT NULL,
    visit_count integer NOT NULL,
    valid_count integer NOT NULL,
    ad_hoc_count integer NOT NULL,
    planned_count integer NOT NULL,
    visited_stop_count integer NOT NULL,
    in_sequence_count integer NOT NULL,
    violation_count integer NOT NULL,
    PRIMARY KEY (unit_id, user_id, visit_date)
);
CREATE INDEX visit_days_date ON visit_days (visit_date);
CREATE INDEX visit_days_user ON visit_days (user_id, visit_date);
"""

_ATTENDANCE = """
CREATE TABLE attendance_days (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    work_date date NOT NULL,
    clock_in_result text NOT NULL,
    clock_out_result text NOT NULL
);
CREATE INDEX attendance_days_user ON attendance_days (user_id, work_date);
CREATE INDEX attendance_days_unit ON attendance_days (unit_id, work_date);
CREATE INDEX attendance_days_date ON attendance_days (work_date);
"""

_CUSTOMERS = """
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    unit_id uuid NOT NULL,
    user_id uuid NOT NULL,
    active boolean NOT NULL
);
CREATE INDEX customers_active ON customers (unit_id, user_id) WHERE active;
CREATE INDEX customers_active_user ON customers (user_id) WHERE active;
"""

# A rebuild empties the read models; deleting millions of rows would outlast the statement timeout.
_GRANTS = """
DO $$ BEGIN
    EXECUTE format('GRANT TRUNCATE ON visits, visit_plans, planned_stops, violations, visit_days,
                    attendance_days, customers TO %I', replace(current_user, '_owner', '_runtime'));
END $$;
"""


def upgrade() -> None:
    create_platform_tables()
    create_directory_tables()
    for statements in (_VISITS, _ATTENDANCE, _CUSTOMERS, _GRANTS):
        op.execute(statements)
