import os

import psycopg
import pytest
from local_stack import postgres
from local_stack.databases import create_service_database
from local_stack.errors import LocalStackError
from local_stack.postgres import embedded_postgres, prepare
from local_stack.processes import User
from psycopg import sql


@pytest.fixture
def superuser_url():
    return os.environ["JOURNEYMAN_TEST_POSTGRES_URL"]


@pytest.fixture
def services(superuser_url, folder):
    """Databases of two services on the test run's server; the names are this test's own."""
    names = [f"{name}_{folder.name.rpartition('-')[2]}".lower() for name in ("north", "south")]
    yield [create_service_database(superuser_url, name, folder) for name in names]
    with psycopg.connect(superuser_url, autocommit=True) as server:
        for name in names:
            server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(f"journeyman_{name}")))
            for role in ("owner", "runtime"):
                server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"{name}_{role}")))


def test_data_survives_a_restart(folder):
    with embedded_postgres(folder) as server:
        database = server.create_service_database("visit")
        with psycopg.connect(database.owner_url) as owner:
            owner.execute("CREATE TABLE kept (n int)")
    with embedded_postgres(folder) as server:
        again = server.create_service_database("visit")
        with psycopg.connect(again.owner_url) as owner:
            assert owner.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_lock_file_of_a_process_that_is_no_server_does_not_stop_the_start(folder):
    server = prepare(folder, 1, durable=False)
    lock = folder / "postgresql-18" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n")
    assert prepare(folder, 1, durable=False).folder == server.folder
    assert not lock.exists()


def test_a_data_folder_half_made_is_made_anew(folder):
    partial = folder / "postgresql-18" / "data.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18")
    with embedded_postgres(folder) as server, psycopg.connect(server.superuser_url) as connection:
        assert connection.info.server_version // 10000 == 18


def test_a_folder_closed_to_the_databases_user_is_named(folder, monkeypatch):
    monkeypatch.setattr(postgres, "_database_user", lambda: User(65534, 65534))
    folder.chmod(0o700)
    with pytest.raises(LocalStackError, match=str(folder)):
        prepare(folder, 1, durable=False)


def test_only_the_test_server_may_lose_data(folder):
    assert "fsync=off" in prepare(folder, 1, durable=False).process.command
    assert "fsync=off" not in prepare(folder, 1, durable=True).process.command


def test_a_services_roles_cannot_enter_another_services_database(services):
    north, south = services
    strangers_url = south.runtime_url.rpartition("/")[0] + "/" + north.runtime_url.rpartition("/")[2]
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(strangers_url)


def test_the_runtime_role_creates_no_tables(services):
    with (
        psycopg.connect(services[0].runtime_url) as runtime,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        runtime.execute("CREATE TABLE mine (n int)")


def test_the_owner_creates_tables_and_grants_them(services):
    with psycopg.connect(services[0].owner_url) as owner:
        owner.execute("CREATE TABLE facts (n int)")
        role = sql.Identifier(owner.info.user.replace("_owner", "_runtime"))
        owner.execute(sql.SQL("GRANT INSERT ON facts TO {}").format(role))
    with psycopg.connect(services[0].runtime_url) as runtime:
        runtime.execute("INSERT INTO facts VALUES (1)")


def test_a_password_is_demanded(superuser_url):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(superuser_url, password="guess")


def test_names_sort_by_code_point_and_change_case(services):
    with psycopg.connect(services[0].runtime_url) as runtime:
        assert runtime.execute("SELECT 'Z' < 'a' AND 'z' < 'é', upper('é')").fetchone() == (True, "É")


def test_creating_a_database_again_changes_nothing(services, superuser_url, folder):
    name = services[0].owner_url.rpartition("/journeyman_")[2]
    assert create_service_database(superuser_url, name, folder) == services[0]
