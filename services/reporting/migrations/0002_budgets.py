"""The read model of budgets."""

from alembic import op

revision = "0002"
down_revision = "0001"

_BUDGETS = """
CREATE TABLE budgets (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    unit_id uuid NOT NULL,
    fund_id uuid NOT NULL,
    fund_code text NOT NULL,
    resource_class text NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    currency text NOT NULL,
    available bigint NOT NULL,
    reserved bigint NOT NULL,
    committed bigint NOT NULL,
    paid bigint NOT NULL
);
CREATE INDEX budgets_unit ON budgets (unit_id, id);
"""

# A rebuild empties the read models.
_GRANTS = """
DO $$ BEGIN
    EXECUTE format('GRANT TRUNCATE ON budgets TO %I', replace(current_user, '_owner', '_runtime'));
END $$;
"""


def upgrade() -> None:
    op.execute(_BUDGETS)
    op.execute(_GRANTS)
