"""The monoliths' table: the ten fields, and the indexes that ours has for the same questions."""

COLUMNS = (
    "name",
    "code",
    "channel_type",
    "category",
    "contact_name",
    "phone",
    "address",
    "division_code",
    "latitude",
    "longitude",
)

SCHEMA = """
CREATE EXTENSION pg_trgm;
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    code text NOT NULL,
    channel_type text NOT NULL,
    category text NOT NULL,
    contact_name text NOT NULL,
    phone text NOT NULL,
    address text NOT NULL,
    division_code text NOT NULL,
    latitude double precision,
    longitude double precision,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX customers_created ON customers (created_at, id);
CREATE INDEX customers_name ON customers (name, id);
CREATE INDEX customers_division ON customers (division_code, created_at, id);
CREATE INDEX customers_channel ON customers (channel_type, created_at, id);
CREATE INDEX customers_search ON customers USING gin (name gin_trgm_ops);
"""
