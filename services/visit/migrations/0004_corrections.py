"""Corrections of submitted and completed records."""

from chassis.corrections.schema import create_corrections_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    create_corrections_table()
