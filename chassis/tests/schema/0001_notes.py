"""The platform's tables and one table of the tests."""

from alembic import op
from chassis.database.platform import (
    create_platform_tables,
    let_facts_carry_their_audit_entry,
    make_append_only,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_platform_tables()
    let_facts_carry_their_audit_entry()
    op.execute("CREATE TABLE notes (id text PRIMARY KEY, body text NOT NULL)")
    op.execute("CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)")
    op.execute("CREATE TABLE days (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
    make_append_only("entries")
