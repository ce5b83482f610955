"""Which machine clients the settings made: those that are taken out of the settings are disabled."""

from alembic import op

revision = "0013"
down_revision = "0012"

# Until now every start has named the clients of the settings so. One made by hand under such a name is taken
# for one of them: the next start disables it, and an administrator makes it anew.
_COLUMNS = """
ALTER TABLE api_clients ADD COLUMN of_settings boolean NOT NULL DEFAULT false;
UPDATE api_clients SET of_settings = true WHERE display_name = 'Service ' || client_id;
"""


def upgrade() -> None:
    op.execute(_COLUMNS)
