"""Customers, their import, and the tables of the chassis and the directory."""

from alembic import op
from chassis.database.platform import create_platform_tables
from directory.schema import create_directory_tables

revision = "0001"
down_revision = None

_CUSTOMERS = """
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    name text COLLATE "C" NOT NULL CHECK (name <> ''),
    code text NOT NULL,
    channel_type text NOT NULL,
    category text NOT NULL,
    contact_name text NOT NULL,
    phone text NOT NULL,
    address text NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    accuracy_meters double precision,
    unit_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('ACTIVE', 'ARCHIVED')),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    fingerprint bytea NOT NULL,
    search_text text COLLATE "C" NOT NULL,
    search_grams text[] NOT NULL,
    CHECK ((latitude IS NULL) = (longitude IS NULL) AND (latitude IS NULL) = (accuracy_meters IS NULL))
);
CREATE INDEX customers_created ON customers (created_at, id);
CREATE INDEX customers_name ON customers (name, id);
CREATE INDEX customers_updated ON customers (updated_at, id);
CREATE INDEX customers_unit ON customers (unit_id, created_at, id);
CREATE INDEX customers_owner ON customers (owner_id, created_at, id);
CREATE INDEX customers_division ON customers (division_code, created_at, id);
CREATE INDEX customers_channel ON customers (channel_type, created_at, id);
CREATE INDEX customers_archived ON customers (created_at, id) WHERE state = 'ARCHIVED';
CREATE INDEX customers_fingerprint ON customers (fingerprint, unit_id);
CREATE INDEX customers_search ON customers USING gin (search_grams);
-- With fewer the planner takes a rare gram for a common one, and walks the whole list to find nothing.
ALTER TABLE customers ALTER COLUMN search_grams SET STATISTICS 1000;
"""

_IMPORTS = """
CREATE TABLE import_uploads (
    id uuid PRIMARY KEY,
    subject text NOT NULL,
    object_key text NOT NULL,
    size_bytes integer NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE imports (
    operation_id uuid PRIMARY KEY,
    last_row integer NOT NULL,
    created integer NOT NULL,
    rejected integer NOT NULL
);
CREATE TABLE import_rejects (
    operation_id uuid NOT NULL REFERENCES imports,
    row_number integer NOT NULL,
    problem integer NOT NULL,
    reason text NOT NULL,
    column_name text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (operation_id, row_number, problem)
);
"""


def upgrade() -> None:
    create_platform_tables()
    create_directory_tables()
    op.execute(_CUSTOMERS)
    op.execute(_IMPORTS)
