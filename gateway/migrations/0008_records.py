"""Login days and what they say of each person, security incidents, rule documents, and the parameters.

A login day is written once. A signed version of a rule document can never be changed.
"""

from alembic import op
from chassis.database.platform import make_append_only

revision = "0008"
down_revision = "0007"

_LOGIN_DAYS = """
CREATE TABLE login_days (
    user_id uuid NOT NULL,
    work_date date NOT NULL,
    unit_id uuid NOT NULL,
    first_sign_in_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, work_date)
);
CREATE INDEX login_days_newest ON login_days (work_date DESC, user_id DESC);
CREATE INDEX login_days_unit ON login_days (unit_id, work_date DESC, user_id DESC);

CREATE TABLE login_standings (
    user_id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    able boolean NOT NULL,
    last_login_date date,
    since_date date NOT NULL,
    noticed boolean NOT NULL DEFAULT false
);
CREATE INDEX login_standings_longest ON login_standings (since_date, user_id) WHERE able;
CREATE INDEX login_standings_unit ON login_standings (unit_id, since_date, user_id) WHERE able;
CREATE INDEX login_standings_unnoticed ON login_standings (since_date) WHERE able AND NOT noticed;
"""

_INCIDENTS = """
CREATE TABLE security_incidents (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    text text NOT NULL,
    severity text NOT NULL,
    seen_at timestamptz NOT NULL,
    resource text NOT NULL,
    state text NOT NULL,
    reporter_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    handler_id uuid,
    taken_up_at timestamptz,
    outcome text NOT NULL DEFAULT '',
    closed_by_id uuid,
    closed_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX security_incidents_reporter ON security_incidents (reporter_id, id);
CREATE INDEX security_incidents_unit ON security_incidents (unit_id, id);
CREATE INDEX security_incidents_state ON security_incidents (state, id);
CREATE INDEX security_incidents_unit_state ON security_incidents (unit_id, state, id);
CREATE INDEX security_incidents_handler ON security_incidents (handler_id, id) WHERE state = 'TAKEN_UP';
"""

_RULE_DOCUMENTS = """
CREATE TABLE rule_documents (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    title text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE rule_document_versions (
    id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES rule_documents,
    number integer NOT NULL,
    state text NOT NULL,
    effective_date date NOT NULL,
    text text NOT NULL,
    link text NOT NULL,
    change_note text NOT NULL,
    author_id uuid NOT NULL,
    authoriser_id uuid,
    decided_at timestamptz,
    comment text NOT NULL DEFAULT '',
    submitted_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (document_id, number)
);
CREATE UNIQUE INDEX rule_document_versions_signed ON rule_document_versions (document_id, effective_date)
    WHERE state = 'APPROVED';
CREATE UNIQUE INDEX rule_document_versions_in_the_making ON rule_document_versions (document_id)
    WHERE state <> 'APPROVED';

CREATE TRIGGER rule_document_versions_signed_stay BEFORE UPDATE OR DELETE ON rule_document_versions
    FOR EACH ROW WHEN (OLD.state = 'APPROVED') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_document_versions_no_truncate BEFORE TRUNCATE ON rule_document_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

_PARAMETERS = """
CREATE TABLE parameters (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    date_format text NOT NULL DEFAULT 'ISO',
    currency_symbol text NOT NULL DEFAULT '¥',
    language text NOT NULL DEFAULT 'CHINESE',
    time_zone text NOT NULL DEFAULT 'Asia/Shanghai',
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz
);
INSERT INTO parameters DEFAULT VALUES;
"""


def upgrade() -> None:
    for tables in (_LOGIN_DAYS, _INCIDENTS, _RULE_DOCUMENTS, _PARAMETERS):
        op.execute(tables)
    make_append_only("login_days")
