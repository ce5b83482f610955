import os
import traceback
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from chassis.database import Database, schema_problem
from chassis.database.partitions import drop_before, ensure_days, ensure_months
from chassis.database.upgrade import apply_migrations
from chassis.database.writes import Write, together
from psycopg.errors import UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

SCHEMA = Path(__file__).parent / "schema"


def test_a_block_that_raises_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('a', 'b')"))
        _ = 1 / 0
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM notes")).scalar_one() == 0


def test_writes_that_go_together_are_all_done_or_none(database):
    notes = [Write("INSERT INTO notes VALUES (%s, %s)", (name, "body")) for name in "ab"]
    database.write(together(notes))
    with pytest.raises(UniqueViolation) as refused:
        database.write(together([Write("INSERT INTO notes VALUES (%s, %s)", ("c", "body")), notes[0]]))
    assert "left out" in str(refused.value)
    assert "(a)" not in str(refused.value)
    with database.reading() as connection:
        assert connection.execute(text("SELECT string_agg(id, '' ORDER BY id) FROM notes")).scalar() == "ab"


def test_a_connection_that_the_server_ended_while_idle_is_not_used_again(database, monkeypatch):
    monkeypatch.setattr("chassis.database.connections._IDLE_SECONDS", 0)
    own = database.raw()
    with database.begin() as connection:
        kept = connection.connection.driver_connection
    _end(own, kept)
    with database.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('a', 'b')"))
    database.write(Write("INSERT INTO notes VALUES (%s, %s)", ("c", "d")))


def test_a_connection_in_use_is_looked_at_only_after_a_pause(database, monkeypatch):
    now, looks = [0.0], []
    monkeypatch.setattr("chassis.database.connections.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("chassis.database.connections.has_ended", looks.append)
    kept = database.raw()
    for now[0] in (0.9, 1.8, 2.7):
        assert database.raw() is kept
    assert not looks
    now[0] = 3.8
    assert database.raw() is kept
    assert looks == [kept]


def test_a_connection_that_ended_between_two_uses_fails_one_statement(database):
    write = Write("INSERT INTO notes VALUES (%s, %s)", ("a", "b"))
    _end(database.raw())
    with pytest.raises(psycopg.OperationalError):
        database.write(write)
    database.write(write)


def _end(*connections):
    with psycopg.connect(os.environ["JOURNEYMAN_TEST_POSTGRES_URL"]) as admin:
        for ended in connections:
            assert admin.execute("SELECT pg_terminate_backend(%s, 5000)", [ended.info.backend_pid]).fetchone()


def test_the_runtime_role_cannot_change_the_schema(database):
    with pytest.raises(ProgrammingError, match="permission denied"), database.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id int)"))


@pytest.mark.parametrize(
    "statement", ["UPDATE entries SET body = ''", "DELETE FROM entries", "TRUNCATE entries"]
)
def test_append_only_tables_refuse_change_even_by_their_owner(test_database, statement):
    owner = Database(test_database.owner_url, "test")
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO entries (body) VALUES ('x')"))
    with pytest.raises(Exception, match="append-only"), owner.begin() as connection:
        connection.execute(text(statement))
    owner.close()


def test_the_runtime_role_may_not_touch_append_only_rows(database):
    with database.begin() as connection:
        connection.execute(text("INSERT INTO entries (body) VALUES ('x')"))
    with pytest.raises(ProgrammingError, match="permission denied"), database.begin() as connection:
        connection.execute(text("DELETE FROM entries"))


def test_migrating_twice_changes_nothing(test_database):
    assert apply_migrations(test_database.owner_url, SCHEMA) == "0001"


def test_a_newer_schema_is_fine_and_an_older_one_is_not(test_database, database, tmp_path):
    assert schema_problem(database, SCHEMA) is None
    (tmp_path / "0002_more.py").touch()
    assert "older than 0002" in (schema_problem(database, tmp_path) or "")
    owner = Database(test_database.owner_url, "test")
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    owner.close()
    assert schema_problem(database, SCHEMA) is None


def test_the_runtime_role_makes_and_drops_partitions_through_the_function(database):
    with database.begin() as connection:
        ensure_days(connection, "days", date(2026, 3, 1), 3)
        ensure_days(connection, "days", date(2026, 3, 2), 1)
        connection.execute(
            text("INSERT INTO days VALUES (:at)"), {"at": datetime(2026, 3, 3, 23, 59, tzinfo=UTC)}
        )
        assert drop_before(connection, "days", date(2026, 3, 3)) == 2
        assert connection.execute(text("SELECT count(*) FROM days")).scalar_one() == 1


def test_monthly_partitions_meet_without_a_gap_over_the_year(database):
    with database.begin() as connection:
        ensure_months(connection, "days", date(2026, 11, 20), 3)
        for at in (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 31, 23, 59, tzinfo=UTC)):
            connection.execute(text("INSERT INTO days VALUES (:at)"), {"at": at})


def test_only_partitioned_tables_get_partitions(database):
    with pytest.raises(Exception, match="not a partitioned table"), database.begin() as connection:
        ensure_days(connection, "notes", date(2026, 3, 1), 1)


@pytest.mark.parametrize("function", ["ensure_partition(text, date, date)", "drop_partitions(text, date)"])
def test_what_acts_with_the_owners_rights_is_the_runtime_roles_alone(database, function):
    query = text("SELECT has_function_privilege(:role, :function, 'EXECUTE')")
    with database.reading() as connection:
        for role, may in (("chassis_runtime", True), ("pg_monitor", False)):
            values = {"role": role, "function": function}
            assert connection.execute(query, values).scalar_one() is may


def test_a_broken_raw_connection_is_replaced(database):
    first = database.raw()
    assert database.raw() is first
    first.close()
    assert database.raw().execute("SELECT 1").fetchone() == (1,)
    database.raw().close()


def test_broken_raw_connections_are_not_kept(database):
    for _ in range(3):
        database.raw().close()
    database.raw()
    assert len(database._raw) == 1


def test_an_unreachable_database_is_a_problem_and_no_exception():
    assert Database("postgresql://nobody:x@127.0.0.1:1/none", "test").problem() == "OperationalError"


def test_a_server_that_ends_each_new_connection_is_away_and_not_misused(database, monkeypatch):
    monkeypatch.setattr("chassis.database.connections.has_ended", lambda _: True)
    for _ in range(2):
        with database.reading() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_an_errors_text_shows_no_value_of_the_row(database):
    statement = text("INSERT INTO notes VALUES (:id, :body)")
    row = {"id": "31.2345671", "body": "121.4765431"}
    with pytest.raises(Exception, match="violates unique") as caught, database.begin() as connection:
        for _ in range(2):
            connection.execute(statement, row)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [value for value in row.values() if value in shown]
