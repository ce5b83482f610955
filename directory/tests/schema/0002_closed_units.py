from directory.schema import add_closed_units

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    add_closed_units()
