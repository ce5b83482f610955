"""Finds whom a provider's people are by their account, to unlink one."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("CREATE INDEX oidc_people_user ON oidc_people (user_id)")
