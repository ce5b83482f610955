"""What is known of an account: number, contacts, training, freezing, WeChat and the phone version.

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
"""


def upgrade() -> None:
    op.execute(_USERS)
