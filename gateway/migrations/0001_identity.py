"""Units, people, roles, sessions, signing keys and machine clients."""

from alembic import op
from chassis.database.platform import create_platform_tables

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE org_units (
    id uuid PRIMARY KEY,
    parent_id uuid REFERENCES org_units,
    kind text NOT NULL,
    code text NOT NULL UNIQUE,
    display_name text NOT NULL,
    company text NOT NULL DEFAULT '',
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (parent_id <> id)
);
CREATE UNIQUE INDEX org_units_one_root ON org_units ((true)) WHERE parent_id IS NULL;
CREATE INDEX org_units_children ON org_units (parent_id, code);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE CHECK (username = lower(username)),
    display_name text NOT NULL,
    unit_id uuid NOT NULL REFERENCES org_units,
    kind text NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX users_unit ON users (unit_id, username);

CREATE TABLE role_assignments (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    role_code text NOT NULL,
    unit_id uuid NOT NULL REFERENCES org_units,
    scope text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (user_id, role_code, unit_id, scope)
);

CREATE TABLE credentials (
    user_id uuid PRIMARY KEY REFERENCES users,
    password_hash text NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    opened_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_open ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_age ON sessions (refreshed_at);
CREATE TABLE refresh_tokens (
    digest bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE TABLE revocations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    issued_before timestamptz NOT NULL,
    announced boolean NOT NULL DEFAULT false
);
CREATE INDEX revocations_age ON revocations (issued_before);
CREATE INDEX revocations_unannounced ON revocations (id) WHERE NOT announced;
CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    private_key bytea NOT NULL,
    public_key bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE api_clients (
    client_id text PRIMARY KEY,
    display_name text NOT NULL,
    permissions text[] NOT NULL,
    secret_digest bytea NOT NULL,
    created_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    create_platform_tables()
    op.execute(_TABLES)
