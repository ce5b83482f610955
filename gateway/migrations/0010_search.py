"""The names under which people and units are found, from those that are there."""

from alembic import op
from chassis.search.entries import create_search_table, write_all
from sqlalchemy import text

revision = "0010"
down_revision = "0009"

_NAMES = {
    "users": "SELECT id::text, display_name, username, employee_no, phone FROM users",
    "orgUnits": "SELECT id::text, display_name, code FROM org_units",
}


def upgrade() -> None:
    create_search_table()
    connection = op.get_bind()
    for kind, names in _NAMES.items():
        write_all(connection, kind, ((row[0], row[1:]) for row in connection.execute(text(names)).all()))
