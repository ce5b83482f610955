"""Stops that have begun keep their unit when the plan goes to another."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE visit_plan_stops ADD COLUMN unit_id uuid")
