import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from chassis.search.entries import metadata as search
from marketing_resources.approvals.tables import metadata as approvals
from marketing_resources.budgets.tables import metadata as budgets
from marketing_resources.disbursements.tables import metadata as disbursements
from marketing_resources.funds.tables import metadata as funds
from marketing_resources.ledger.tables import metadata as ledger
from marketing_resources.spend_plans.tables import metadata as spend_plans


@pytest.mark.parametrize("metadata", [funds, budgets, ledger, spend_plans, approvals, disbursements, search])
def test_tables_are_those_of_the_migrations(database, metadata):
    options = {
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
        "include_object": lambda _object, _name, kind, _reflected, _to: (
            kind not in {"index", "unique_constraint", "foreign_key_constraint"}
        ),
    }
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("role", ["runtime", "owner"])
@pytest.mark.parametrize("table", ["ledger_entries", "ledger_seals"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nobody_changes_or_removes_what_stands_in_the_ledger(books, role, table, change):
    books.budget()
    books.seal()
    column = "amount" if table == "ledger_entries" else "position"
    statement = change.format(table, column, column)
    url = books.urls.runtime_url if role == "runtime" else books.urls.owner_url
    refusal = psycopg.errors.InsufficientPrivilege if role == "runtime" else psycopg.errors.RaiseException
    with psycopg.connect(url) as connection, pytest.raises(refusal):
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM funds",
        "DELETE FROM budgets",
        "UPDATE ledger_unsealed SET entry_id = entry_id",
        "DELETE FROM ledger_head",
        "INSERT INTO ledger_head DEFAULT VALUES",
    ],
)
def test_the_service_may_not_do_what_it_never_does(urls, statement):
    with (
        psycopg.connect(urls.runtime_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
