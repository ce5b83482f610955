"""The first administrator is made by a command, with a password from its input."""

import io

import psycopg
import pytest
from gateway.identity.__main__ import main

GOOD = "a lantern hums twice"


@pytest.fixture
def empty(databases, settings_with, tmp_path):
    """The settings of a process whose database has just been migrated."""
    with databases.database() as database:
        with psycopg.connect(database.owner_url) as connection:
            connection.execute("ALTER TABLE audit_reviews DISABLE TRIGGER USER")  # it refuses to be emptied
            connection.execute("TRUNCATE org_units, users, outbox CASCADE")
        yield settings_with(database, tmp_path)


@pytest.fixture
def create_admin(monkeypatch, capsys):
    def run(settings, username="first.admin", password=GOOD):
        for name in ("env", "ops_listen", "state_folder", "identity_target", "files_folder", "files_url"):
            monkeypatch.setenv(f"JOURNEYMAN_{name.upper()}", str(getattr(settings, name)))
        for name in ("redis_url", "database_url", "files_key"):
            monkeypatch.setenv(f"JOURNEYMAN_{name.upper()}", getattr(settings, name).get_secret_value())
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        code = main(["create-admin", username])
        written = capsys.readouterr()
        assert password not in written.out + written.err
        return code, written.err

    return run


def test_an_empty_organisation_gets_a_root_and_its_administrator(empty, create_admin, run_identity):
    assert create_admin(empty) == (0, "")
    with run_identity(empty) as identity:
        session = identity.login("first.admin", GOOD)
        assert not session.password_change_required
        me = identity.me(session.access_token)
        assert (list(me.permissions), me.user.unit_id) == (["*"], identity.unit_id("root"))
        assert len(identity.events("org_unit.changed")) == len(identity.events("user.changed")) == 1
        assert identity.events("audit.recorded")[0].subject == f"users/{me.user.id}"
    code, error = create_admin(empty, "second.admin")
    assert (code, "already" in error) == (2, True)


@pytest.mark.parametrize("change", ["state = 'DISABLED'", "certified_at = NULL"])
def test_an_organisation_whose_administrators_cannot_sign_in_gets_another(
    identity, settings, create_admin, change
):
    assert create_admin(settings)[0] == 2
    identity.change(f"UPDATE users SET {change} WHERE username = 'admin'")
    assert create_admin(settings, "admin") == (2, "create-admin: the login name admin is taken\n")
    assert create_admin(settings) == (0, "")
    assert identity.me(identity.login("first.admin", GOOD).access_token).user.unit_id == identity.unit_id(
        "hq-group"
    )


@pytest.mark.parametrize(
    ("username", "password", "why"),
    [
        ("First Admin", GOOD, "login name"),
        ("first.admin", "short", "characters"),
        ("first.admin", "password123456", "common"),
        ("first.admin", "first.admin forever", "login name"),
    ],
)
def test_a_bad_name_or_password_makes_nothing(settings, create_admin, username, password, why):
    code, error = create_admin(settings, username, password)
    assert (code, why in error) == (2, True)


def test_a_password_is_not_taken_from_the_command_line(capsys):
    assert main(["create-admin", "first.admin", GOOD]) == 2
    assert "usage" in capsys.readouterr().err
