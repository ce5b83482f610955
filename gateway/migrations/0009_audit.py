"""The audit log with its seals, the reviews of it, and the register of backups."""

from alembic import op
from chassis.database.platform import make_append_only, renew_partition_functions

revision = "0009"
down_revision = "0008"

# An entry belongs to the month in which it was done. Its id alone would do as a key, but the key of a
# partitioned table has to have the column that it is partitioned by.
_LOG = """
CREATE TABLE audit_log (
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    service text NOT NULL,
    caller text NOT NULL,
    caller_unit_id uuid,
    on_behalf_of text NOT NULL,
    method text NOT NULL,
    resource text NOT NULL,
    changed_fields text[] NOT NULL,
    request_id text NOT NULL,
    PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX audit_log_id ON audit_log (id);
CREATE INDEX audit_log_caller ON audit_log (caller, occurred_at);
CREATE INDEX audit_log_unit ON audit_log (caller_unit_id, occurred_at);
CREATE INDEX audit_log_resource ON audit_log (resource, occurred_at);
CREATE INDEX audit_log_collection ON audit_log (split_part(resource, '/', 1), occurred_at);
CREATE INDEX audit_log_method ON audit_log (method, occurred_at);
CREATE INDEX audit_log_service ON audit_log (service, occurred_at);
CREATE INDEX audit_log_request ON audit_log (request_id, occurred_at);
"""

_SEALS = """
CREATE TABLE audit_unsealed (
    entry_id uuid PRIMARY KEY,
    occurred_at timestamptz NOT NULL
);
CREATE TABLE audit_seals (
    position bigint PRIMARY KEY,
    entry_id uuid NOT NULL UNIQUE,
    occurred_at timestamptz NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE audit_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    position bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT ''
);
INSERT INTO audit_head DEFAULT VALUES;
"""

# What was dropped for its age, and when. Only the owner of the database drops: the service may not.
_RETENTION = """
CREATE TABLE audit_retention (
    kept_from timestamptz PRIMARY KEY,
    dropped_at timestamptz NOT NULL
);
CREATE FUNCTION drop_audit_log_before(month date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE horizon timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF EXISTS (SELECT FROM audit_unsealed WHERE occurred_at < horizon) THEN
        RAISE EXCEPTION 'entries before % wait for their seals', month;
    END IF;
    INSERT INTO audit_retention VALUES (horizon, now());
    RETURN drop_partitions('audit_log', date_trunc('month', month)::date);
END $$;
"""

_REVIEWS = """
CREATE TABLE audit_reviews (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL REFERENCES org_units,
    period_start date NOT NULL,
    period_end date NOT NULL CHECK (period_end >= period_start),
    findings text NOT NULL,
    entry_count integer NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    reviewer_id uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL
);
CREATE INDEX audit_reviews_unit ON audit_reviews (unit_id, id DESC);
CREATE INDEX audit_reviews_reviewer ON audit_reviews (reviewer_id, id DESC);
CREATE TABLE audit_review_reminders (
    month date PRIMARY KEY,
    reminded_at timestamptz NOT NULL
);
CREATE TABLE backups (
    id uuid PRIMARY KEY,
    taken_at timestamptz NOT NULL
);
"""

# What the service never does, its role may not do either.
_LEAST_RIGHTS = """
DO $$
DECLARE runtime text := replace(current_user, '_owner', '_runtime');
BEGIN
    EXECUTE format('REVOKE UPDATE ON audit_unsealed FROM %I', runtime);
    EXECUTE format('REVOKE INSERT, DELETE ON audit_head FROM %I', runtime);
    EXECUTE format('REVOKE INSERT ON audit_retention FROM %I', runtime);
    REVOKE EXECUTE ON FUNCTION drop_audit_log_before FROM PUBLIC;
END $$;
"""


def upgrade() -> None:
    renew_partition_functions()
    for tables in (_LOG, _SEALS, _RETENTION, _REVIEWS, _LEAST_RIGHTS):
        op.execute(tables)
    for table in ("audit_log", "audit_seals", "audit_retention", "audit_reviews", "backups"):
        make_append_only(table)
