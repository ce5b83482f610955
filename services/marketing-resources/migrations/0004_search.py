"""The names under which spend plans and funds are found, from those that are there."""

from alembic import op
from chassis.search.entries import create_search_table, write_all
from sqlalchemy import text

revision = "0004"
down_revision = "0003"

_NAMES = {
    "spendPlans": "SELECT id::text, title FROM spend_plans",
    "funds": "SELECT id::text, code, funder, fee_kind FROM funds",
}


def upgrade() -> None:
    create_search_table()
    connection = op.get_bind()
    for kind, names in _NAMES.items():
        write_all(connection, kind, ((row[0], row[1:]) for row in connection.execute(text(names)).all()))
