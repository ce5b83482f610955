"""The chassis' own tables, created by the first migration of every service."""

from alembic import op

_TABLES = """
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    aggregate_version bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    data bytea NOT NULL,
    trace_parent text NOT NULL DEFAULT '',
    position bigint UNIQUE
);
CREATE INDEX outbox_pending ON outbox (seq) WHERE position IS NULL;
CREATE TABLE outbox_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    epoch uuid NOT NULL DEFAULT gen_random_uuid(),
    position bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_head DEFAULT VALUES;
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE consumer_positions (
    consumer text NOT NULL,
    source text NOT NULL,
    epoch text NOT NULL DEFAULT '',
    position bigint NOT NULL DEFAULT 0,
    caught_up_at timestamptz,
    paused boolean NOT NULL DEFAULT false,
    PRIMARY KEY (consumer, source)
);
CREATE TABLE dead_letters (
    consumer text NOT NULL,
    source text NOT NULL,
    position bigint NOT NULL,
    event bytea NOT NULL,
    error text NOT NULL,
    parked_at timestamptz NOT NULL,
    replay_requested boolean NOT NULL DEFAULT false,
    PRIMARY KEY (consumer, source, position)
);
CREATE TABLE operations (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    counts jsonb NOT NULL DEFAULT '{}',
    result_key text NOT NULL DEFAULT '',
    error_reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE job_intents (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    run_after timestamptz NOT NULL
);
CREATE INDEX job_intents_due ON job_intents (run_after);
CREATE TABLE idempotency_records (
    key bytea NOT NULL,
    request_hash bytea NOT NULL,
    response bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (key, recorded_at)
) PARTITION BY RANGE (recorded_at);
"""

# The runtime role may not create tables; this function lets it make a partition of a table that is
# partitioned already, and drop one that has aged, and nothing else. What is append-only stays so in its
# partitions, and the runtime role drops none of them.
_PARTITIONS = """
CREATE OR REPLACE FUNCTION is_append_only(parent text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(quote_ident(parent))
                   AND tgname = parent || '_append_only')
$$;
CREATE OR REPLACE FUNCTION ensure_partition(parent text, first_day date, end_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE child text := format('%s_%s', parent, to_char(first_day, 'YYYYMMDD'));
BEGIN
    IF NOT EXISTS (SELECT FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
                   WHERE c.relname = parent) THEN
        RAISE EXCEPTION 'not a partitioned table: %', parent;
    END IF;
    IF to_regclass(format('%I', child)) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('partition'), hashtext(child));
        -- The name may be known as free from before the lock: CREATE looks anew.
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                       child, parent,
                       first_day::timestamp AT TIME ZONE 'UTC', end_day::timestamp AT TIME ZONE 'UTC');
        IF is_append_only(parent) THEN
            EXECUTE format('CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON %I
                            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', child);
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM %I',
                           child, replace(current_user, '_owner', '_runtime'));
        END IF;
    END IF;
END $$;
CREATE OR REPLACE FUNCTION drop_partitions(parent text, before_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE child text; dropped integer := 0;
BEGIN
    IF is_append_only(parent) AND session_user <> current_user THEN
        RAISE EXCEPTION 'append-only table: %', parent;
    END IF;
    FOR child IN SELECT c.relname FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
        WHERE p.relname = parent AND right(c.relname, 8) < to_char(before_day, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""

# The runtime role is named after the owner: visit_owner grants to visit_runtime.
_GRANTS = """
DO $$
DECLARE runtime text := replace(current_user, '_owner', '_runtime');
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', runtime);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', runtime);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I', runtime);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public
                    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', runtime);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %I', runtime);
    -- Functions are everybody's by default, and these two act with the owner's rights.
    REVOKE EXECUTE ON FUNCTION ensure_partition, drop_partitions FROM PUBLIC;
    EXECUTE format('GRANT EXECUTE ON FUNCTION ensure_partition, drop_partitions TO %I', runtime);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM %I', runtime);
    EXECUTE format('REVOKE INSERT, DELETE ON outbox_head FROM %I', runtime);
END $$;
"""

_APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$ BEGIN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I',
                   replace(current_user, '_owner', '_runtime'));
END $$;
"""


def create_platform_tables() -> None:
    """Create the tables of version 1 of the chassis, inside an alembic migration."""
    op.execute(_TABLES)
    op.execute(_PARTITIONS)
    op.execute(_GRANTS)
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only table: %', TG_TABLE_NAME; END $$"
    )


def renew_partition_functions() -> None:
    """Bring the functions that make and drop partitions to their newest text, in a later migration."""
    op.execute(_PARTITIONS)


def let_facts_carry_their_audit_entry() -> None:
    """Give the outbox the column for who did what a row tells, so that a write is one row."""
    op.execute("ALTER TABLE outbox ADD COLUMN audit bytea")


def make_append_only(table: str) -> None:
    """Take UPDATE, DELETE and TRUNCATE of a table from everybody, the owner included, by trigger."""
    op.execute(_APPEND_ONLY.format(table=table))
