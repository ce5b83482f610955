"""Spend plans, their approval, and disbursements."""

from alembic import op

revision = "0002"
down_revision = "0001"

_PLANS = """
CREATE TABLE spend_plans (
    id uuid PRIMARY KEY,
    month_start date NOT NULL,
    title text NOT NULL,
    applicant_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('DRAFT', 'IN_REVIEW', 'APPROVED')),
    step text CHECK (step IN ('MARKETING_CENTRE', 'MARKET_DEPARTMENT', 'FINANCE')),
    submission integer NOT NULL,
    submitted_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'IN_REVIEW') = (step IS NOT NULL))
);
CREATE INDEX spend_plans_unit ON spend_plans (unit_id, id DESC);
CREATE INDEX spend_plans_applicant ON spend_plans (applicant_id, id DESC);
CREATE INDEX spend_plans_month ON spend_plans (month_start, id DESC);
CREATE TABLE spend_plan_items (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES spend_plans (id),
    place integer NOT NULL,
    budget_id uuid NOT NULL REFERENCES budgets (id),
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    purpose text NOT NULL,
    channel text NOT NULL,
    expected_effect text NOT NULL,
    central_purchase boolean NOT NULL,
    UNIQUE (plan_id, place)
);
"""

_APPROVALS = """
CREATE TABLE approval_tasks (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES spend_plans (id),
    unit_id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    submission integer NOT NULL,
    step text NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'CANCELLED')),
    decided_by uuid,
    decided_at timestamptz,
    comment text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (plan_id, submission, step),
    CHECK ((state IN ('APPROVED', 'REJECTED')) = (decided_by IS NOT NULL))
);
CREATE UNIQUE INDEX approval_tasks_one_pending ON approval_tasks (plan_id) WHERE state = 'PENDING';
CREATE INDEX approval_tasks_unit ON approval_tasks (unit_id, id DESC);
CREATE INDEX approval_tasks_applicant ON approval_tasks (applicant_id, id DESC);
CREATE INDEX approval_tasks_pending ON approval_tasks (step, id DESC) WHERE state = 'PENDING';
"""

_DISBURSEMENTS = """
CREATE TABLE disbursements (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES spend_plans (id),
    item_id uuid NOT NULL UNIQUE REFERENCES spend_plan_items (id),
    budget_id uuid NOT NULL REFERENCES budgets (id),
    applicant_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    purpose text NOT NULL,
    central_purchase boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'PAID')),
    created_at timestamptz NOT NULL,
    confirmed_by text,
    external_id text,
    paid_on date,
    confirmed_at timestamptz,
    UNIQUE (confirmed_by, external_id),
    CHECK ((state = 'PAID') = (external_id IS NOT NULL))
);
CREATE INDEX disbursements_unit ON disbursements (unit_id, id DESC);
CREATE INDEX disbursements_applicant ON disbursements (applicant_id, id DESC);
CREATE INDEX disbursements_plan ON disbursements (plan_id, id DESC);
CREATE INDEX disbursements_pending ON disbursements (id DESC) WHERE state = 'PENDING';
"""


def upgrade() -> None:
    for tables in (_PLANS, _APPROVALS, _DISBURSEMENTS):
        op.execute(tables)
