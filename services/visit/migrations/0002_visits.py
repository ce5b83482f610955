"""Known customers, visit plans, visits and photos."""

from alembic import op
from chassis.database.platform import make_append_only

revision = "0002"
down_revision = "0001"

_CUSTOMERS = """
CREATE TABLE known_customers (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    owner_id uuid,
    active boolean NOT NULL,
    version bigint NOT NULL
);
"""

_PLANS = """
CREATE TABLE visit_plans (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    week_start date NOT NULL,
    state text NOT NULL CHECK (state IN ('DRAFT', 'SUBMITTED')),
    due_at timestamptz NOT NULL,
    submitted_at timestamptz,
    submitted_late boolean NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (user_id, week_start)
);
CREATE INDEX visit_plans_newest ON visit_plans (week_start DESC, id DESC);
CREATE INDEX visit_plans_unit ON visit_plans (unit_id, week_start DESC, id DESC);
CREATE TABLE visit_plan_stops (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES visit_plans (id),
    customer_id uuid NOT NULL,
    visit_date date NOT NULL,
    sequence integer NOT NULL,
    UNIQUE (plan_id, visit_date, customer_id)
);
CREATE TABLE visit_plan_amendments (
    plan_id uuid NOT NULL REFERENCES visit_plans (id),
    plan_version integer NOT NULL,
    amended_at timestamptz NOT NULL,
    reason text NOT NULL,
    added jsonb NOT NULL,
    removed jsonb NOT NULL,
    PRIMARY KEY (plan_id, plan_version)
);
"""

# A stop that an amendment takes out leaves a visit that has not checked in without a stop: an ad-hoc one.
_VISITS = """
CREATE TABLE visits (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    plan_stop_id uuid REFERENCES visit_plan_stops (id) ON DELETE SET NULL,
    visit_date date NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'IN_PROGRESS', 'COMPLETED', 'CHECKED_OUT')),
    checked_in_at timestamptz,
    check_in_captured_at timestamptz,
    check_in_latitude double precision,
    check_in_longitude double precision,
    check_in_accuracy_meters double precision,
    in_sequence boolean NOT NULL,
    checklist_at timestamptz,
    checklist_captured_at timestamptz,
    exceptions text[] NOT NULL,
    completed_at timestamptz,
    valid boolean NOT NULL,
    invalid_reasons text[] NOT NULL,
    customer_opinion text NOT NULL,
    in_store_sales text NOT NULL,
    competitor_information text NOT NULL,
    checked_out_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX visits_one_in_progress ON visits (user_id) WHERE state = 'IN_PROGRESS';
CREATE UNIQUE INDEX visits_stop_once ON visits (plan_stop_id) WHERE plan_stop_id IS NOT NULL;
CREATE INDEX visits_newest ON visits (visit_date DESC, id DESC);
CREATE INDEX visits_unit ON visits (unit_id, visit_date DESC, id DESC);
CREATE INDEX visits_user ON visits (user_id, visit_date DESC, id DESC);
CREATE INDEX visits_customer ON visits (customer_id, visit_date DESC, id DESC);
"""

_PHOTOS = """
CREATE TABLE photos (
    id uuid PRIMARY KEY,
    visit_id uuid NOT NULL REFERENCES visits (id),
    kind text NOT NULL CHECK (kind IN ('FRONT', 'DISPLAY')),
    captured_at timestamptz NOT NULL,
    size_bytes integer NOT NULL,
    upload_expires_at timestamptz NOT NULL,
    content_type text,
    sha256 text,
    created_at timestamptz NOT NULL
);
CREATE INDEX photos_visit ON photos (visit_id, id);
"""


def upgrade() -> None:
    for tables in (_CUSTOMERS, _PLANS, _VISITS, _PHOTOS):
        op.execute(tables)
    make_append_only("visit_plan_amendments")
