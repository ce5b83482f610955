from concurrent.futures import ThreadPoolExecutor

import pytest
from chassis.access import Scope
from chassis.money import from_proto
from journeyman.marketing.v1 import ledger_pb2 as pb
from marketing_resources.ledger.rules import BudgetExceeded, Kind, Movement
from marketing_resources.ledger.store import post
from sqlalchemy.exc import IntegrityError

PLAN = "00000000-0000-7000-8000-0000000000b1"
ITEM = "00000000-0000-7000-8000-0000000000b2"


def listed(caller, **fields):
    answer = caller.ledger.ListLedgerEntries(pb.ListLedgerEntriesRequest(**fields))
    return list(answer.ledger_entries), answer.next_page_token


def balances(books, budget):
    query = "SELECT available, reserved, committed, paid FROM budgets WHERE id = %s"
    return tuple(books.rows(query, budget.id)[0])


def test_an_entry_tells_what_moved_for_what_and_the_balances_after_it(books):
    budget = books.budget(10_000)
    movement = Movement(
        kind=Kind.RESERVE, budget_id=budget.id, amount=2_500, spend_plan_id=PLAN, spend_plan_item_id=ITEM
    )
    books.post(movement)
    with books.calling("ledgerEntries.read") as caller:
        (entry, grant), _ = listed(caller, budget_id=budget.id)
    moved = (entry.available, entry.reserved, entry.committed, entry.paid)
    assert [from_proto(amount).minor_units for amount in moved] == [7_500, 2_500, 0, 0]
    assert (entry.kind, entry.budget_sequence) == (entry.KIND_RESERVE, 2)
    assert (entry.spend_plan_id, entry.spend_plan_item_id, entry.subject) == (PLAN, ITEM, "someone")
    assert (grant.spend_plan_id, grant.spend_plan_item_id) == ("", "")


def test_an_entry_has_its_position_and_hash_once_it_is_sealed(books):
    budget = books.budget()
    with books.calling("ledgerEntries.read") as caller:
        ((waiting,), _) = listed(caller, budget_id=budget.id)
        books.seal()
        ((sealed,), _) = listed(caller, budget_id=budget.id)
    assert (waiting.position, waiting.hash) == (0, "")
    assert (sealed.position, len(sealed.hash)) == (1, 64)


def test_entries_are_listed_newest_first_page_by_page_and_filtered(books):
    budget, other = books.budget(), books.budget()
    books.post(Movement(kind=Kind.RESERVE, budget_id=budget.id, amount=1, spend_plan_id=PLAN))
    books.move("RESERVE", other)
    with books.calling("ledgerEntries.read") as caller:
        everything, _ = listed(caller)
        first, token = listed(caller, page_size=3)
        rest, end = listed(caller, page_size=3, page_token=token)
        own, _ = listed(caller, budget_id=budget.id)
        plans, _ = listed(caller, spend_plan_id=PLAN)
    assert [entry.id for entry in everything] == sorted((entry.id for entry in everything), reverse=True)
    assert (first + rest, end, len(everything)) == (everything, "", 4)
    assert [entry.budget_sequence for entry in own] == [2, 1]
    assert [(entry.budget_id, entry.kind) for entry in plans] == [(budget.id, pb.LedgerEntry.KIND_RESERVE)]


def test_entries_outside_the_scope_do_not_exist(books, organisation):
    inside, outside = books.budget(), books.budget(unit_id=organisation.south)
    books.post(Movement(kind=Kind.RESERVE, budget_id=outside.id, amount=1, spend_plan_id=PLAN))
    with books.calling(unit=organisation.east, scope=Scope.SUBTREE) as caller:
        everything, _ = listed(caller)
        assert [entry.budget_id for entry in everything] == [inside.id]
        assert listed(caller, budget_id=outside.id) == ([], "")
        assert listed(caller, spend_plan_id=PLAN) == ([], "")
    with books.calling(unit=organisation.shanghai, scope=Scope.SELF) as caller:
        assert listed(caller) == ([], "")


def test_what_one_budget_lacks_moves_nothing_of_a_posting(books):
    rich, poor = books.budget(1_000), books.budget(10)
    wanted = [
        Movement(kind=Kind.RESERVE, budget_id=rich.id, amount=500),
        Movement(kind=Kind.RESERVE, budget_id=poor.id, amount=6),
        Movement(kind=Kind.RESERVE, budget_id=poor.id, amount=5),
    ]
    with pytest.raises(BudgetExceeded) as caught:
        books.post(*wanted)
    exceeded = caught.value
    assert (exceeded.budget_id, exceeded.available.minor_units, exceeded.wanted.minor_units) == (
        poor.id,
        10,
        11,
    )
    assert balances(books, rich) == (1_000, 0, 0, 0)
    assert books.rows("SELECT count(*) FROM ledger_entries") == [(2,)]


@pytest.mark.parametrize("kind", [Kind.COMMIT, Kind.PAY])
def test_no_item_is_committed_or_paid_twice_whoever_asks(books, kind):
    budget = books.budget(1_000)
    books.move("RESERVE", budget, 800)
    books.move("COMMIT", budget, 400)
    movement = Movement(kind=kind, budget_id=budget.id, amount=100, spend_plan_item_id=ITEM)
    books.post(movement)
    before = balances(books, budget)
    with pytest.raises(IntegrityError, match="ledger_entries_once"):
        books.post(movement)
    assert balances(books, budget) == before


def test_of_many_who_reserve_at_once_exactly_those_win_for_whom_there_is_room(books):
    budget = books.budget(1_000)

    def reserve(_):
        try:
            books.move("RESERVE", budget, 90)
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(reserve, range(40)))
    assert won.count(True) == 11
    assert balances(books, budget) == (10, 990, 0, 0)
    books.seal()
    assert books.verify() == ([], 12)


def test_postings_over_the_same_budgets_in_opposite_orders_wait_in_no_circle(books):
    budgets = [books.budget(10_000) for _ in range(3)]

    def reserve(turn):
        order = budgets if turn % 2 else budgets[::-1]
        movements = [Movement(kind=Kind.RESERVE, budget_id=budget.id, amount=1) for budget in order]
        with books.database.begin() as connection:
            post(connection, movements, subject="someone", at=budget_time(books))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(reserve, range(120)))  # raises what a deadlock raises
    assert [balances(books, budget) for budget in budgets] == [(9_880, 120, 0, 0)] * 3


def budget_time(books):
    ((at,),) = books.rows("SELECT max(created_at) FROM budgets")
    return at
