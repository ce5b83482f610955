"""Creates the tables of the local copy, in the first migration of every service."""

from alembic import op

_TABLES = """
CREATE TABLE directory_units (
    id uuid PRIMARY KEY,
    parent_id uuid,
    kind text NOT NULL,
    code text NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE directory_users (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    active boolean NOT NULL,
    kind text NOT NULL,
    role_codes text[] NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX directory_users_unit ON directory_users (unit_id);
"""


def create_directory_tables() -> None:
    """Create version 1 of the local copy, inside an alembic migration."""
    op.execute(_TABLES)


def add_closed_units() -> None:
    """Make version 2 of the local copy of version 1: it knows which units were merged into others."""
    op.execute("ALTER TABLE directory_units ADD COLUMN closed boolean NOT NULL DEFAULT false")
