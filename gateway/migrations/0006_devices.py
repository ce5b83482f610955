"""Phones, the sessions that stay signed in on them, and phones that several people signed in from."""

from alembic import op

revision = "0006"
down_revision = "0005"

_DEVICES = """
CREATE TABLE devices (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    installation_digest bytea NOT NULL,
    model text NOT NULL,
    platform text NOT NULL,
    app_version text NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    signed_in_at timestamptz NOT NULL,
    bound_at timestamptz,
    ended_at timestamptz,
    queue_ends_at timestamptz,
    decided_by uuid REFERENCES users,
    decision_note text NOT NULL
);
CREATE UNIQUE INDEX devices_one_bound ON devices (user_id) WHERE state = 'BOUND';
CREATE UNIQUE INDEX devices_one_pending ON devices (user_id) WHERE state = 'PENDING';
CREATE INDEX devices_person ON devices (user_id, id);
CREATE INDEX devices_state ON devices (state, id);

ALTER TABLE sessions ADD COLUMN device_id uuid REFERENCES devices;
CREATE INDEX sessions_device ON sessions (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;
"""

_SHARING = """
CREATE TABLE installation_people (
    installation_digest bytea NOT NULL,
    user_id uuid NOT NULL REFERENCES users,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (installation_digest, user_id)
);
CREATE INDEX installation_people_age ON installation_people (seen_at);

CREATE TABLE device_sharings (
    id uuid PRIMARY KEY,
    installation_digest bytea NOT NULL UNIQUE,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL
);
CREATE TABLE device_sharing_people (
    sharing_id uuid NOT NULL REFERENCES device_sharings,
    user_id uuid NOT NULL REFERENCES users,
    PRIMARY KEY (sharing_id, user_id)
);
CREATE INDEX device_sharing_people_person ON device_sharing_people (user_id, sharing_id);
"""


def upgrade() -> None:
    op.execute(_DEVICES)
    op.execute(_SHARING)
