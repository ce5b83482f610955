"""What is known of an account, beyond name and unit, and the changes of accounts that are filed.

Whoever has an account already has used it, and counts as trained.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_USERS = """
ALTER TABLE users
    ADD COLUMN employee_no text NOT NULL DEFAULT '',
    ADD COLUMN email text NOT NULL DEFAULT '',
    ADD COLUMN phone text NOT NULL DEFAULT '',
    ADD COLUMN certified_at timestamptz,
    ADD COLUMN freeze_reason text NOT NULL DEFAULT '',
    ADD COLUMN wechat_bound_at timestamptz,
    ADD COLUMN mobile_installed_at timestamptz;
UPDATE users SET certified_at = created_at;

CREATE UNIQUE INDEX users_employee_no ON users (lower(employee_no)) WHERE employee_no <> '';
CREATE UNIQUE INDEX users_email ON users (lower(email)) WHERE email <> '' AND state <> 'DISABLED';
CREATE UNIQUE INDEX users_phone ON users (phone) WHERE phone <> '' AND state <> 'DISABLED';
CREATE INDEX users_state ON users (state, username);
CREATE INDEX users_kind ON users (kind, username);
CREATE INDEX users_uncertified ON users (username) WHERE certified_at IS NULL;
CREATE INDEX users_unbound ON users (username) WHERE wechat_bound_at IS NULL;
CREATE INDEX users_without_phone_version ON users (username) WHERE mobile_installed_at IS NULL;

CREATE TABLE unbound_reviews (
    week_start_date date PRIMARY KEY,
    reviewed_at timestamptz NOT NULL
);
"""

_CHANGES = """
CREATE TABLE account_changes (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    state text NOT NULL,
    user_id uuid REFERENCES users,
    new_person jsonb NOT NULL,
    unit_id uuid NOT NULL REFERENCES org_units,
    new_unit_id uuid REFERENCES org_units,
    roles jsonb NOT NULL,
    former_roles jsonb NOT NULL,
    successor_id uuid REFERENCES users,
    reason text NOT NULL,
    handling text NOT NULL,
    event_date date NOT NULL,
    due_at timestamptz NOT NULL,
    filed_late boolean NOT NULL,
    filed_by uuid NOT NULL REFERENCES users,
    decided_by uuid REFERENCES users,
    decision_note text NOT NULL,
    carried_out_by uuid REFERENCES users,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    carried_out_at timestamptz,
    CHECK (user_id IS NOT NULL OR (kind = 'OPEN' AND new_person <> '{}'))
);
CREATE UNIQUE INDEX account_changes_one_waiting ON account_changes (user_id, kind)
    WHERE state IN ('FILED', 'APPROVED');
CREATE UNIQUE INDEX account_changes_one_newcomer ON account_changes ((new_person ->> 'username'))
    WHERE state IN ('FILED', 'APPROVED') AND user_id IS NULL;
CREATE INDEX account_changes_unit ON account_changes (unit_id, id);
CREATE INDEX account_changes_person ON account_changes (user_id, id);
CREATE INDEX account_changes_filer ON account_changes (filed_by, id);
CREATE INDEX account_changes_state ON account_changes (state, id);
CREATE INDEX account_changes_late ON account_changes (id) WHERE filed_late;
CREATE INDEX account_changes_to_decide ON account_changes (due_at, id) WHERE state = 'FILED';
CREATE INDEX account_changes_to_carry_out ON account_changes (due_at, id) WHERE state = 'APPROVED';
"""

_IMPORTS = """
CREATE TABLE user_import_uploads (
    id uuid PRIMARY KEY,
    subject text NOT NULL,
    object_key text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE user_import_rejects (
    operation_id uuid NOT NULL,
    row_number integer NOT NULL,
    problem integer NOT NULL,
    reason text NOT NULL,
    column_name text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (operation_id, row_number, problem)
);
"""


def upgrade() -> None:
    op.execute(_USERS)
    op.execute(_CHANGES)
    op.execute(_IMPORTS)
