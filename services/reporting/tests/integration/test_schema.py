from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from reporting.attendance.tables import metadata as attendance
from reporting.budgets.tables import metadata as budgets
from reporting.customers.tables import metadata as customers
from reporting.visits.tables import metadata as visits


def test_tables_are_those_of_the_migrations(database):
    with database.reading() as connection:
        for metadata in (visits, attendance, customers, budgets):
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "include_name": lambda name, kind, _, tables=metadata.tables: (
                        kind != "table" or name in tables
                    ),
                    "include_object": lambda _object, _name, kind, _reflected, _to: kind != "index",
                },
            )
            assert compare_metadata(context, metadata) == []
