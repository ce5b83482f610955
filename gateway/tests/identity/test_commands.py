import importlib
from pathlib import Path

import pytest
from gateway.identity import demo
from gateway.identity.__main__ import main
from gateway.identity.settings import IdentitySettings
from pydantic import ValidationError
from sqlalchemy import inspect

from gateway import identity as package

CAPABILITIES = sorted(file.parent.name for file in Path(package.__file__).parent.glob("*/tables.py"))
TABLES = [
    table
    for name in CAPABILITIES
    for table in importlib.import_module(f"gateway.identity.{name}.tables").metadata.tables.values()
]


@pytest.fixture
def environment(settings, monkeypatch):
    """The settings as a process reads them."""
    values = {
        "ENV": "local",
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "OPS_LISTEN": settings.ops_listen,
        "STATE_FOLDER": str(settings.state_folder),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "IDENTITY_TARGET": settings.identity_target,
        "FILES_FOLDER": str(settings.files_folder),
        "FILES_URL": settings.files_url,
        "FILES_KEY": settings.files_key.get_secret_value(),
    }
    for name, value in values.items():
        monkeypatch.setenv(f"JOURNEYMAN_{name}", value)
    return monkeypatch


def count(identity, table):
    return identity.value(f"SELECT count(*) FROM {table}")


def test_the_demo_organisation_is_made_once(identity, environment, capsys):
    tables = "org_units", "users", "credentials", "role_assignments", "api_clients", "outbox"
    before = [count(identity, table) for table in tables]
    assert before[:2] == [len(demo.UNITS), len(list(demo.people()))]
    assert main(["seed-demo"]) == 0
    assert [count(identity, table) for table in tables] == before
    assert "journeyman-demo" in capsys.readouterr().out


def test_the_demo_organisation_is_completed(identity, environment):
    identity.change(
        "DELETE FROM credentials WHERE user_id = (SELECT id FROM users WHERE username = 'auditor')"
    )
    identity.change(
        "DELETE FROM role_assignments WHERE user_id = (SELECT id FROM users WHERE username = 'auditor')"
    )
    identity.change("DELETE FROM users WHERE username = 'auditor'")
    assert main(["seed-demo"]) == 0
    assert identity.login("auditor")


def test_each_demo_password_has_a_salt_of_its_own(identity):
    assert identity.value("SELECT count(DISTINCT password_hash) FROM credentials") == len(list(demo.people()))


def test_the_demo_organisation_is_refused_outside_local_mode(identity, environment, capsys):
    environment.setenv("JOURNEYMAN_ENV", "production")
    before = count(identity, "outbox")
    assert main(["seed-demo"]) == 2
    assert count(identity, "outbox") == before
    assert "local" in capsys.readouterr().err


def test_keys_are_rotated_by_command(identity, environment, capsys):
    assert main(["rotate-keys"]) == 0
    newest = identity.value("SELECT kid FROM signing_keys ORDER BY created_at DESC LIMIT 1")
    assert newest in capsys.readouterr().out


def test_keys_are_withdrawn_by_command(identity, environment, capsys):
    before = identity.value("SELECT kid FROM signing_keys")
    assert main(["rotate-keys"]) == main(["withdraw-keys"]) == 0
    assert count(identity, "signing_keys") == 1
    left = identity.value("SELECT kid FROM signing_keys")
    assert left != before
    assert left in capsys.readouterr().out.splitlines()[-1]


def test_an_unknown_command_is_refused(capsys):
    assert main(["dance"]) == 2
    assert "usage" in capsys.readouterr().err


def test_clients_of_services_are_read_from_the_environment(environment):
    environment.setenv("JOURNEYMAN_SERVICE_CLIENTS", '{"visit": "' + "s" * 32 + '"}')
    clients = IdentitySettings().service_clients
    assert clients["visit"].get_secret_value() == "s" * 32


@pytest.mark.parametrize("clients", ['{"visit": "short"}', '{"Visit": "' + "s" * 32 + '"}', "[]"])
def test_a_client_that_could_be_guessed_is_refused_at_start(environment, clients):
    environment.setenv("JOURNEYMAN_SERVICE_CLIENTS", clients)
    with pytest.raises(ValidationError):
        IdentitySettings()


def test_the_tables_are_those_of_the_migrations(identity):
    dialect = identity.database.engine.dialect
    for table in TABLES:
        migrated = {
            column["name"]: (column["type"].compile(dialect), column["nullable"])
            for column in inspect(identity.database.engine).get_columns(table.name)
        }
        expected = {column.name: (column.type.compile(dialect), column.nullable) for column in table.columns}
        assert migrated == expected, table.name
