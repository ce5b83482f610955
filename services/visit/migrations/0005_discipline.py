"""The steps of the disciplinary ladder that were taken, and the violations that they cite."""

from alembic import op

revision = "0005"
down_revision = "0004"

_TABLES = """
CREATE TABLE disciplinary_actions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    step text NOT NULL,
    cause text NOT NULL,
    facts text NOT NULL,
    skip_reason text NOT NULL,
    state text NOT NULL,
    action_date date NOT NULL,
    taken_by_id uuid NOT NULL,
    withdrawal_reason text NOT NULL DEFAULT '',
    withdrawn_by_id uuid,
    withdrawn_at timestamptz,
    created_at timestamptz NOT NULL,
    CHECK (user_id <> taken_by_id)
);
CREATE INDEX disciplinary_actions_newest ON disciplinary_actions (action_date DESC, id DESC);
CREATE INDEX disciplinary_actions_unit ON disciplinary_actions (unit_id, action_date DESC, id DESC);
CREATE INDEX disciplinary_actions_user ON disciplinary_actions (user_id, action_date DESC, id DESC);

CREATE TABLE disciplinary_citations (
    action_id uuid NOT NULL REFERENCES disciplinary_actions,
    violation_id uuid NOT NULL REFERENCES violations,
    effective boolean NOT NULL,
    PRIMARY KEY (action_id, violation_id)
);
CREATE UNIQUE INDEX disciplinary_citations_once ON disciplinary_citations (violation_id) WHERE effective;
"""


def upgrade() -> None:
    op.execute(_TABLES)
