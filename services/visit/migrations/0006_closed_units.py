"""The directory knows which units were merged into others."""

from directory.schema import add_closed_units

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_closed_units()
