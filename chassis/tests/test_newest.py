import pytest
from chassis.events import store_newer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, delete, select

copies = Table(
    "copies",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
)


@pytest.fixture
def copy(database):
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE copies (id text PRIMARY KEY, version int8, name text)")
        yield connection


def row(key, version):
    return {"id": key, "version": version, "name": f"{key} at {version}"}


rows = st.builds(row, st.sampled_from("abc"), st.integers(1, 5))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(rows)))
def test_the_newest_version_of_each_row_wins(copy, batches):
    copy.execute(delete(copies))
    for batch in batches:
        store_newer(copy, copies, batch)
    told = [item for batch in batches for item in batch]
    newest = {item["id"]: item for item in sorted(told, key=lambda item: item["version"])}
    found = [dict(found._mapping) for found in copy.execute(select(copies).order_by("id"))]
    assert found == [newest[key] for key in sorted(newest)]
