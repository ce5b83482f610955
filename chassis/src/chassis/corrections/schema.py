"""The table of corrections, made by a migration of every service that has some."""

from alembic import op

_TABLE = """
CREATE TABLE corrections (
    id uuid PRIMARY KEY,
    collection text NOT NULL,
    record_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    reason text NOT NULL,
    filed_by uuid NOT NULL,
    state text NOT NULL,
    decided_by uuid,
    decision_note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    decided_at timestamptz
);
CREATE UNIQUE INDEX corrections_one_waits ON corrections (collection, record_id) WHERE state = 'FILED';
CREATE INDEX corrections_waiting ON corrections (unit_id, id) WHERE state = 'FILED';
CREATE INDEX corrections_of_unit ON corrections (unit_id, id);
CREATE INDEX corrections_of_owner ON corrections (owner_id, id);
CREATE INDEX corrections_of_record ON corrections (record_id, id);
"""


def create_corrections_table() -> None:
    """Create the table, inside an alembic migration."""
    op.execute(_TABLE)
