"""Machine clients that are disabled, and secrets that are changed while the machine goes on."""

from alembic import op

revision = "0005"
down_revision = "0004"

_COLUMNS = """
ALTER TABLE api_clients
    ADD COLUMN state text NOT NULL DEFAULT 'ACTIVE',
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN previous_digest bytea,
    ADD COLUMN previous_expires_at timestamptz,
    ADD COLUMN last_sign_in_at timestamptz;
"""


def upgrade() -> None:
    op.execute(_COLUMNS)
