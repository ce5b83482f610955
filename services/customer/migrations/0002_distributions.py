"""Customers that change their section, and the directory that knows which units were merged into others."""

from alembic import op
from directory.schema import add_closed_units

revision = "0002"
down_revision = "0001"

_DISTRIBUTIONS = """
CREATE TABLE customer_distributions (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    section_id text NOT NULL,
    filed_by_id uuid,
    reason text NOT NULL,
    wished_unit_id uuid,
    state text NOT NULL,
    owner_id uuid,
    owner_unit_id uuid,
    note text NOT NULL,
    created_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE INDEX customer_distributions_unit ON customer_distributions (unit_id, id);
CREATE INDEX customer_distributions_filer ON customer_distributions (filed_by_id, id);
CREATE INDEX customer_distributions_filed ON customer_distributions (id) WHERE state = 'FILED';

CREATE TABLE customer_distribution_items (
    distribution_id uuid NOT NULL REFERENCES customer_distributions,
    customer_id uuid NOT NULL REFERENCES customers,
    owner_id uuid NOT NULL,
    distributed boolean NOT NULL,
    PRIMARY KEY (distribution_id, customer_id)
);
CREATE INDEX customer_distribution_items_customer ON customer_distribution_items (customer_id);
"""


def upgrade() -> None:
    add_closed_units()
    op.execute(_DISTRIBUTIONS)
