"""Where people belonged before they moved."""

from alembic import op

revision = "0003"
down_revision = "0002"

_FORMER_UNITS = """
CREATE TABLE former_units (
    user_id uuid,
    left_on date,
    unit_id uuid NOT NULL,
    PRIMARY KEY (user_id, left_on)
);
"""


def upgrade() -> None:
    op.execute(_FORMER_UNITS)
