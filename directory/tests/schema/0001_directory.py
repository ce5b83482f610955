"""The platform's tables and the local copy of the organisation."""

from chassis.database.platform import create_platform_tables, let_facts_carry_their_audit_entry
from directory.schema import create_directory_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_platform_tables()
    let_facts_carry_their_audit_entry()
    create_directory_tables()
