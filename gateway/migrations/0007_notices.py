"""Inboxes with what is mailed of them, preferences, and endpoints of webhooks with their deliveries."""

from alembic import op

revision = "0007"
down_revision = "0006"

_NOTICES = """
-- Who holds a role over a unit.
CREATE INDEX role_assignments_reach ON role_assignments (role_code, scope, unit_id);
-- Who was told what, for ever: a notice is deleted after half a year, and raised again it is still known.
CREATE TABLE notice_keys (
    digest bytea PRIMARY KEY,
    told_at timestamptz NOT NULL
);
CREATE TABLE notices (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    template text NOT NULL,
    parameters jsonb NOT NULL,
    resource text NOT NULL,
    created_at timestamptz NOT NULL,
    read_at timestamptz,
    mail_at timestamptz
);
CREATE INDEX notices_inbox ON notices (user_id, created_at, id);
CREATE INDEX notices_unread ON notices (user_id, created_at, id) WHERE read_at IS NULL;
CREATE INDEX notices_to_mail ON notices (mail_at) WHERE mail_at IS NOT NULL;
CREATE INDEX notices_age ON notices (created_at);
CREATE TABLE notice_preferences (
    user_id uuid PRIMARY KEY REFERENCES users,
    language text NOT NULL,
    email_enabled boolean NOT NULL,
    muted_groups text[] NOT NULL,
    quiet_from text NOT NULL,
    quiet_to text NOT NULL,
    version bigint NOT NULL
);
"""

_WEBHOOKS = """
CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    display_name text NOT NULL,
    url text NOT NULL,
    groups text[] NOT NULL,
    language text NOT NULL,
    at_all_hours boolean NOT NULL,
    state text NOT NULL,
    disabled_reason text NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until timestamptz,
    failing_since timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    type text NOT NULL,
    body text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    last_status integer NOT NULL,
    last_problem text NOT NULL,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    attempted_at timestamptz
);
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_states ON webhook_deliveries (endpoint_id, state, created_at, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
"""


def upgrade() -> None:
    op.execute(_NOTICES)
    op.execute(_WEBHOOKS)
