"""Wrong sign-ins by name and network, former passwords, mailed links, authenticators with recovery codes.

`credentials.failures` and `locked_until` stay for the version before, which counts there.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = """
ALTER TABLE credentials ADD COLUMN must_change boolean NOT NULL DEFAULT false;

CREATE TABLE wrong_sign_ins (
    name_digest bytea NOT NULL,
    network text NOT NULL,
    failures integer NOT NULL,
    locked_until timestamptz,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (name_digest, network)
);
CREATE INDEX wrong_sign_ins_age ON wrong_sign_ins (counted_at);

CREATE TABLE former_passwords (
    user_id uuid NOT NULL REFERENCES users,
    password_hash text NOT NULL,
    replaced_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, replaced_at)
);

CREATE TABLE password_links (
    digest bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    made_at timestamptz NOT NULL,
    spent_at timestamptz
);
CREATE INDEX password_links_person ON password_links (user_id, made_at);
CREATE INDEX password_links_age ON password_links (made_at);

CREATE TABLE authenticators (
    user_id uuid PRIMARY KEY REFERENCES users,
    secret text NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL
);
CREATE TABLE recovery_codes (
    digest bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    used_at timestamptz
);
CREATE INDEX recovery_codes_person ON recovery_codes (user_id);
"""


def upgrade() -> None:
    op.execute(_TABLES)
