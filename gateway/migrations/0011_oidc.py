"""Sign-ins with an identity provider, and who its people are here."""

from alembic import op

revision = "0011"
down_revision = "0010"

_TABLES = """
ALTER TABLE sessions ADD COLUMN vouched_for boolean NOT NULL DEFAULT false;
CREATE TABLE oidc_sign_ins (
    state_digest bytea PRIMARY KEY,
    browser_digest bytea NOT NULL,
    nonce text NOT NULL,
    code_verifier text NOT NULL,
    redirect_uri text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oidc_sign_ins_age ON oidc_sign_ins (expires_at);
CREATE TABLE oidc_people (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL REFERENCES users,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user_id)
);
"""


def upgrade() -> None:
    op.execute(_TABLES)
