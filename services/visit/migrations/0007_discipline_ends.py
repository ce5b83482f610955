"""A use ban and a suspension are ended when they have been served: by whom, when and why."""

from alembic import op

revision = "0007"
down_revision = "0006"

_ENDS = """
ALTER TABLE disciplinary_actions
    ADD COLUMN end_reason text NOT NULL DEFAULT '',
    ADD COLUMN ended_by_id uuid,
    ADD COLUMN ended_at timestamptz;
"""


def upgrade() -> None:
    op.execute(_ENDS)
