"""A million entries: the lists and the proof go by their indexes, and sealing and proving end in time."""

import time

import psycopg
import pytest
from chassis.access import RowScope
from chassis.pagination import Page
from journeyman.marketing.v1 import budgets_pb2, ledger_pb2
from marketing_resources.budgets import store as budgets
from marketing_resources.ledger import store as ledger
from marketing_resources.ledger import verification
from marketing_resources.ledger.operator import verify_ledger
from sqlalchemy import event

BUDGETS, ENTRIES_EACH = 2_000, 500
FILL = """
INSERT INTO funds SELECT '00000000-0000-7000-8000-000000000001', 'F', '总部', '促销费', now();
INSERT INTO budgets
    SELECT md5('budget' || n)::uuid, '00000000-0000-7000-8000-000000000001', 'other',
           md5('unit' || n % 100)::uuid, date '2000-01-01' + n, date '2000-01-01' + n, 'CNY',
           999, 1, 0, 0, {entries_each}, now(), now()
    FROM generate_series(1, {budgets}) n;
INSERT INTO ledger_entries
    SELECT md5(concat_ws('-', budget.id, s))::uuid, budget.id, s, budget.unit_id,
           CASE WHEN s = 1 THEN 'GRANT' WHEN s % 2 = 0 THEN 'RESERVE' ELSE 'RELEASE' END,
           CASE s WHEN 1 THEN 1000 ELSE 1 END, 'CNY', 1000 - (s + 1) % 2, (s + 1) % 2, 0, 0,
           CASE WHEN s > 1 THEN md5(concat_ws('-', budget.unit_id, s / 2))::uuid END,
           CASE WHEN s > 1 THEN md5(concat_ws('-', budget.id, s / 2, 'item'))::uuid END, 'someone', now()
    FROM budgets budget, generate_series(1, {entries_each}) s;
INSERT INTO ledger_unsealed SELECT id FROM ledger_entries;
"""


@pytest.fixture
def million(books):
    with psycopg.connect(books.urls.owner_url) as owner:
        owner.execute(FILL.format(budgets=BUDGETS, entries_each=ENTRIES_EACH))
    return books


def scanned(books, run):
    """Return the tables that the statements of a run read from end to end."""
    seen = []
    listening = (books.database.engine, "before_cursor_execute", lambda *call: seen.append(call[2:4]))
    with books.database.reading() as connection:
        event.listen(*listening)
        run(connection)
        event.remove(*listening)
        found = set()
        for statement, parameters in seen:
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            found |= set(_scanned(plan[0]["Plan"]))
    assert seen
    return found


def _scanned(node):
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _scanned(child)


@pytest.mark.soak
def test_a_million_entries_are_sealed_proven_and_listed(million, capsys):
    started = time.perf_counter()
    million.seal()
    sealed = time.perf_counter()
    with psycopg.connect(million.urls.owner_url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    proving = time.perf_counter()
    code = verify_ledger(million.database)
    proven = time.perf_counter()
    assert code == 0
    assert f"{BUDGETS * ENTRIES_EACH} entries proven" in capsys.readouterr().out
    with capsys.disabled():
        print(f"\nsealed in {sealed - started:.0f} s, proven in {proven - proving:.0f} s")  # noqa: T201 - a figure

    ((unit, budget, plan),) = million.rows(
        "SELECT unit_id::text, budget_id::text, spend_plan_id::text FROM ledger_entries"
        " WHERE spend_plan_id IS NOT NULL LIMIT 1"
    )
    ((entry,),) = million.rows("SELECT id::text FROM ledger_entries ORDER BY id OFFSET 500000 LIMIT 1")
    page = Page(50, (entry,), "")
    everything = RowScope(everything=True, unit_ids=frozenset(), owner_id=None)
    one_unit = RowScope(everything=False, unit_ids=frozenset([unit]), owner_id=None)
    cursors = [
        verification.Cursor(verification.Phase.SEALS, "500000"),
        verification.Cursor(verification.Phase.ENTRIES, entry),
        verification.Cursor(verification.Phase.BUDGETS, budget),
    ]
    request = ledger_pb2.ListLedgerEntriesRequest
    runs = {
        "all": lambda c: ledger.read_page(c, request(), page, everything),
        "unit": lambda c: ledger.read_page(c, request(), page, one_unit),
        "budget": lambda c: ledger.read_page(c, request(budget_id=budget), page, one_unit),
        "plan": lambda c: ledger.read_page(c, request(spend_plan_id=plan), page, one_unit),
        "budgets": lambda c: budgets.read_page(
            c, budgets_pb2.ListBudgetsRequest(), None, Page(50, (budget,), ""), one_unit
        ),
        **{f"{cursor}": lambda c, at=cursor: verification.prove(c, at, 1000) for cursor in cursors},
    }
    small = {"ledger_head", "ledger_unsealed"}
    assert {name: found for name, run in runs.items() if (found := scanned(million, run) - small)} == {}
