"""The directory knows which units were merged into others."""

from directory.schema import add_closed_units

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    add_closed_units()
