"""Funds, budgets and the ledger."""

from alembic import op
from chassis.database.platform import create_platform_tables, make_append_only
from directory.schema import create_directory_tables

revision = "0001"
down_revision = None

_FUNDS = """
CREATE TABLE funds (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    funder text NOT NULL,
    fee_kind text NOT NULL,
    created_at timestamptz NOT NULL
);
"""

# The checks are the last line of defence: the ledger's rules refuse before they are reached.
_BUDGETS = """
CREATE TABLE budgets (
    id uuid PRIMARY KEY,
    fund_id uuid NOT NULL REFERENCES funds (id),
    resource_class text NOT NULL,
    unit_id uuid NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    currency text NOT NULL,
    available bigint NOT NULL CHECK (available >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    committed bigint NOT NULL CHECK (committed >= 0),
    paid bigint NOT NULL CHECK (paid >= 0),
    sequence integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (fund_id, resource_class, unit_id, period_start, period_end)
);
CREATE INDEX budgets_unit ON budgets (unit_id, id DESC);
CREATE INDEX budgets_fund ON budgets (fund_id, id DESC);
"""

# `sequence` numbers the entries of a budget without gaps: one that is put in or taken out breaks the row.
# An item is committed and paid once: where others have committed enough, no balance would tell.
_LEDGER = """
CREATE TABLE ledger_entries (
    id uuid PRIMARY KEY,
    budget_id uuid NOT NULL REFERENCES budgets (id),
    sequence integer NOT NULL,
    unit_id uuid NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    available bigint NOT NULL,
    reserved bigint NOT NULL,
    committed bigint NOT NULL,
    paid bigint NOT NULL,
    spend_plan_id uuid,
    spend_plan_item_id uuid,
    subject text NOT NULL,
    entered_at timestamptz NOT NULL,
    UNIQUE (budget_id, sequence)
);
CREATE INDEX ledger_entries_unit ON ledger_entries (unit_id, id DESC);
CREATE INDEX ledger_entries_budget ON ledger_entries (budget_id, id DESC);
CREATE INDEX ledger_entries_plan ON ledger_entries (spend_plan_id, id DESC) WHERE spend_plan_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_once ON ledger_entries (spend_plan_item_id, kind)
    WHERE kind IN ('COMMIT', 'PAY');
"""

# Entries are never updated, so their positions and hashes stand beside them, and what waits for its seal is a
# row of its own that the sealer takes away.
_SEALS = """
CREATE TABLE ledger_unsealed (
    entry_id uuid PRIMARY KEY
);
CREATE TABLE ledger_seals (
    position bigint PRIMARY KEY,
    entry_id uuid NOT NULL UNIQUE,
    hash bytea NOT NULL
);
CREATE TABLE ledger_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    position bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT ''
);
INSERT INTO ledger_head DEFAULT VALUES;
"""

# What the service never does, its role may not do either.
_LEAST_RIGHTS = """
DO $$
DECLARE runtime text := replace(current_user, '_owner', '_runtime');
BEGIN
    EXECUTE format('REVOKE DELETE ON funds, budgets FROM %I', runtime);
    EXECUTE format('REVOKE UPDATE ON ledger_unsealed FROM %I', runtime);
    EXECUTE format('REVOKE INSERT, DELETE ON ledger_head FROM %I', runtime);
END $$;
"""


def upgrade() -> None:
    create_platform_tables()
    create_directory_tables()
    for tables in (_FUNDS, _BUDGETS, _LEDGER, _SEALS, _LEAST_RIGHTS):
        op.execute(tables)
    make_append_only("ledger_entries")
    make_append_only("ledger_seals")
