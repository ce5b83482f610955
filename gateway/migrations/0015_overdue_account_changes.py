"""Keeps of which account changes it was told that they are overdue."""

from alembic import op

revision = "0015"
down_revision = "0014"

_COLUMN = """
ALTER TABLE account_changes ADD COLUMN overdue_told_at timestamptz;
CREATE INDEX account_changes_to_tell ON account_changes (due_at, id)
    WHERE state IN ('FILED', 'APPROVED') AND NOT filed_late AND overdue_told_at IS NULL;
"""


def upgrade() -> None:
    op.execute(_COLUMN)
