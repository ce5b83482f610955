"""Units that are merged, and the moves and merges that are scheduled."""

from alembic import op

revision = "0003"
down_revision = "0002"

_CHANGES = """
ALTER TABLE org_units ADD COLUMN closed boolean NOT NULL DEFAULT false;

CREATE TABLE org_unit_changes (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    unit_id uuid NOT NULL REFERENCES org_units,
    target_unit_id uuid NOT NULL REFERENCES org_units,
    former_parent_id uuid NOT NULL REFERENCES org_units,
    effective_date date NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    failure_reason text NOT NULL,
    filed_by_id uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE UNIQUE INDEX org_unit_changes_scheduled ON org_unit_changes (unit_id) WHERE state = 'SCHEDULED';
CREATE INDEX org_unit_changes_due ON org_unit_changes (effective_date, id) WHERE state = 'SCHEDULED';
CREATE INDEX org_unit_changes_unit ON org_unit_changes (unit_id, id);

-- A merge gives the roles that are held over a unit to the other one.
CREATE INDEX role_assignments_unit ON role_assignments (unit_id);
"""


def upgrade() -> None:
    op.execute(_CHANGES)
