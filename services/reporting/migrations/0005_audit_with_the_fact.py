"""The outbox keeps an audit entry in the row of its fact."""

from chassis.database.platform import let_facts_carry_their_audit_entry

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    let_facts_carry_their_audit_entry()
