"""What disciplinary actions hold against accounts: one that is taken back lifts what it caused alone."""

from alembic import op

revision = "0012"
down_revision = "0011"

_HOLDS = """
CREATE TABLE disciplinary_holds (
    action_id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    freezes boolean NOT NULL,
    in_effect boolean NOT NULL
);
CREATE INDEX disciplinary_holds_user ON disciplinary_holds (user_id);
"""


def upgrade() -> None:
    op.execute(_HOLDS)
