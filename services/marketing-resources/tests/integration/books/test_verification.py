import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from chassis.pagination import page_of
from journeyman.marketing.v1 import ledger_pb2 as pb


@pytest.fixture
def ledger(books):
    """Two budgets with five sealed entries, of which the last is the first budget's."""
    first, second = books.budget(1_000), books.budget(1_000)
    books.move("RESERVE", first, 100)
    books.move("RESERVE", second, 100)
    books.move("COMMIT", first, 40)
    books.seal()
    return books


def at(books, position):
    """Return the id of the entry at a position, and its budget's."""
    query = (
        "SELECT id::text, budget_id::text FROM ledger_entries JOIN ledger_seals ON id = entry_id"
        " WHERE position = %s"
    )
    return tuple(books.rows(query, position)[0])


def named(ledger):
    """Return what a proof names, which is the same in stretches of any size."""
    findings = ledger.findings()
    assert ledger.findings(page_size=1) == findings
    return findings


def test_a_whole_ledger_has_no_findings(ledger):
    for page_size in (0, 1, 2, 5):
        assert ledger.verify(page_size) == ([], 5)


def test_an_empty_ledger_has_no_findings(books):
    assert books.verify() == ([], 0)


def test_what_waits_for_its_seal_is_counted_and_no_finding(ledger):
    budget = ledger.budget()
    ledger.move("RESERVE", budget)
    assert ledger.verify() == ([], 7)
    with ledger.calling("ledgerProof.read") as caller:
        answer = caller.ledger.VerifyLedger(pb.VerifyLedgerRequest())
    assert (answer.unsealed_count, answer.head_position) == (2, 5)


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'somebody else'",
        "entered_at = entered_at + interval '1 microsecond'",
        "entered_at = 'infinity'",
        "unit_id = gen_random_uuid()",
        "spend_plan_id = NULL",
        "spend_plan_item_id = spend_plan_id",
    ],
)
def test_a_changed_entry_is_named_once(ledger, change):
    entry, _ = at(ledger, 3)
    ledger.tamper(f"UPDATE ledger_entries SET {change} WHERE id = '{entry}'")
    assert named(ledger) == [("CHANGED", entry, 3)]


@pytest.mark.parametrize(
    "change", ["amount = 99", "reserved = 101", "kind = 'PAY'", "kind = 'WINDFALL'", "currency = 'USD'"]
)
def test_a_changed_entry_whose_sum_is_wrong_now_is_named_for_both(ledger, change):
    entry, _ = at(ledger, 5)
    ledger.tamper(f"UPDATE ledger_entries SET {change} WHERE id = '{entry}'")
    findings = named(ledger)
    assert findings[:2] == [("CHANGED", entry, 5), ("UNBALANCED", entry, 5)]
    assert {kind for kind, *_ in findings[2:]} <= {"BUDGET_DIFFERS"}


def test_a_changed_number_of_an_entry_is_named(ledger):
    entry, budget = at(ledger, 5)
    ledger.tamper(f"UPDATE ledger_entries SET sequence = -2147483648 WHERE id = '{entry}'")
    assert named(ledger) == [
        ("CHANGED", entry, 5),
        ("UNBALANCED", entry, 5),
        ("BUDGET_DIFFERS", budget, 0),
    ]


@pytest.mark.parametrize("position", [1, 3, 5])
def test_a_changed_seal_is_named_once_and_not_in_what_follows(ledger, position):
    entry, _ = at(ledger, position)
    ledger.tamper(f"UPDATE ledger_seals SET hash = sha256(hash) WHERE position = {position}")
    assert named(ledger) == [("CHANGED", entry, position)]


def test_a_changed_head_is_named_by_the_last_entry(ledger):
    entry, _ = at(ledger, 5)
    ledger.tamper("UPDATE ledger_head SET hash = sha256(hash)")
    assert named(ledger) == [("CHANGED", entry, 5)]


def test_entries_that_changed_places_are_both_named(ledger):
    (third, _), (fourth, _) = at(ledger, 3), at(ledger, 4)
    ledger.tamper(
        "UPDATE ledger_seals SET entry_id = gen_random_uuid() WHERE position = 4",
        f"UPDATE ledger_seals SET entry_id = '{fourth}' WHERE position = 3",
        f"UPDATE ledger_seals SET entry_id = '{third}' WHERE position = 4",
    )
    assert named(ledger) == [("CHANGED", fourth, 3), ("CHANGED", third, 4)]


def test_a_removed_entry_is_named_by_its_seal(ledger):
    (third, _), (fifth, _) = at(ledger, 3), at(ledger, 5)
    ledger.tamper(f"DELETE FROM ledger_entries WHERE id = '{third}'")
    assert named(ledger) == [("REMOVED", third, 3), ("UNBALANCED", fifth, 5)]


def test_a_removed_seal_leaves_a_gap_and_an_entry_without_one(ledger):
    entry, _ = at(ledger, 2)
    ledger.tamper("DELETE FROM ledger_seals WHERE position = 2")
    assert named(ledger) == [("REMOVED", "", 2), ("INSERTED", entry, 0)]


def test_entries_cut_off_at_the_end_with_their_seals_are_missed_by_the_head(ledger):
    (fourth, second_budget), (fifth, first_budget) = at(ledger, 4), at(ledger, 5)
    ledger.tamper(
        f"DELETE FROM ledger_entries WHERE id IN ('{fourth}', '{fifth}')",
        "DELETE FROM ledger_seals WHERE position > 3",
    )
    assert named(ledger) == [
        ("REMOVED", "", 4),
        ("REMOVED", "", 5),
        ("BUDGET_DIFFERS", first_budget, 0),
        ("BUDGET_DIFFERS", second_budget, 0),
    ]


def test_a_ledger_that_was_emptied_is_missed_by_its_head(ledger):
    ledger.tamper("DELETE FROM ledger_entries", "DELETE FROM ledger_seals", "DELETE FROM budgets")
    assert named(ledger) == [("REMOVED", "", position) for position in range(1, 6)]


def test_a_missing_head_is_found(ledger):
    ledger.tamper("DELETE FROM ledger_head")
    assert named(ledger) == [("REMOVED", "", 0)]


def test_an_absurd_head_ends_the_proof_with_a_hundred_findings(ledger):
    ledger.tamper("UPDATE ledger_head SET position = 9223372036854775806")
    assert len(ledger.findings()) == 100


NEXT = (
    "INSERT INTO ledger_entries SELECT gen_random_uuid(), id, sequence + 1, unit_id, 'RESERVE', 1, currency,"
    " available - 1, reserved + 1, committed, paid, NULL, NULL, 'someone', created_at FROM budgets"
    " WHERE id = '{}'"
)


def test_an_entry_that_was_put_in_is_named_and_so_is_its_budget(ledger):
    _, budget = at(ledger, 1)
    ledger.tamper(NEXT.format(budget))
    ((entry,),) = ledger.rows("SELECT id::text FROM ledger_entries WHERE sequence = 4")
    assert named(ledger) == [("INSERTED", entry, 0), ("BUDGET_DIFFERS", budget, 0)]


def test_an_entry_that_was_put_in_with_a_seal_behind_the_head_is_named(ledger):
    _, budget = at(ledger, 1)
    ledger.tamper(
        NEXT.format(budget),
        "INSERT INTO ledger_seals SELECT 6, id, sha256('') FROM ledger_entries WHERE sequence = 4",
    )
    ((entry,),) = ledger.rows("SELECT id::text FROM ledger_entries WHERE sequence = 4")
    assert named(ledger) == [("INSERTED", entry, 6), ("BUDGET_DIFFERS", budget, 0)]


def test_an_entry_that_was_put_in_with_a_seal_before_the_first_is_named(ledger):
    _, budget = at(ledger, 1)
    ledger.tamper(
        NEXT.format(budget),
        "INSERT INTO ledger_seals SELECT -1, id, sha256('') FROM ledger_entries WHERE sequence = 4",
    )
    ((entry,),) = ledger.rows("SELECT id::text FROM ledger_entries WHERE sequence = 4")
    assert named(ledger) == [("INSERTED", entry, -1), ("BUDGET_DIFFERS", budget, 0)]


def test_an_entry_that_does_not_continue_its_budget_is_named(ledger):
    budget = ledger.budget()
    ((entry,),) = ledger.rows("SELECT id::text FROM ledger_entries WHERE budget_id = %s", budget.id)
    ledger.tamper(f"UPDATE ledger_entries SET available = 1 WHERE id = '{entry}'")
    assert named(ledger) == [("UNBALANCED", entry, 0), ("BUDGET_DIFFERS", budget.id, 0)]


def test_an_entry_removed_before_it_was_sealed_is_named(ledger):
    budget = ledger.budget()
    ((entry,),) = ledger.rows("SELECT id::text FROM ledger_entries WHERE budget_id = %s", budget.id)
    ledger.tamper(f"DELETE FROM ledger_entries WHERE id = '{entry}'")
    assert named(ledger) == [("REMOVED", entry, 0), ("BUDGET_DIFFERS", budget.id, 0)]


@pytest.mark.parametrize(
    "change", ["available = available + 1", "paid = 1", "sequence = 2", "currency = 'USD'"]
)
def test_a_budget_that_does_not_show_its_last_entry_is_named(ledger, change):
    _, budget = at(ledger, 1)
    ledger.tamper(f"UPDATE budgets SET {change} WHERE id = '{budget}'")
    assert named(ledger) == [("BUDGET_DIFFERS", budget, 0)]


def test_a_removed_budget_is_named(ledger):
    _, budget = at(ledger, 1)
    ledger.tamper(f"DELETE FROM budgets WHERE id = '{budget}'")
    assert named(ledger) == [("BUDGET_DIFFERS", budget, 0)]


def test_a_budget_that_never_was_granted_is_named(ledger):
    _, budget = at(ledger, 1)
    ledger.tamper(
        "INSERT INTO budgets SELECT '00000000-0000-7000-8000-0000000000ff', fund_id, 'other', unit_id,"
        f" period_start, period_end, currency, 5, 0, 0, 0, 0, created_at, updated_at FROM budgets"
        f" WHERE id = '{budget}'"
    )
    assert named(ledger) == [("BUDGET_DIFFERS", "00000000-0000-7000-8000-0000000000ff", 0)]


def test_a_proof_beside_writers_and_the_sealer_finds_nothing(books):
    budgets = [books.budget() for _ in range(4)]
    over = threading.Event()

    def write(number):
        for turn in range(60):
            books.move("RESERVE", budgets[(number + turn) % 4])

    def seal():
        while not over.is_set():
            books.seal()

    def prove(page_size):
        found, rounds = [], 0
        while not (over.is_set() and rounds):
            found += books.findings(page_size)
            rounds += 1
        return found, rounds

    with ThreadPoolExecutor(8) as pool:
        proofs = [pool.submit(prove, page_size) for page_size in (0, 7)]
        sealer = pool.submit(seal)
        writers = [pool.submit(write, number) for number in range(4)]
        for writer in writers:
            writer.result()
        over.set()
        sealer.result()
        results = [proof.result() for proof in proofs]
    assert [found for found, _ in results] == [[], []]
    assert min(rounds for _, rounds in results) > 1
    books.seal()
    assert books.verify() == ([], 244)


@pytest.mark.parametrize(
    "cursor", ["", "seals:-1", "seals:9223372036854775808", "seals:x", "entries:1", "pages:1", 7, None]
)
def test_a_forged_place_to_go_on_from_is_refused(books, refused, cursor):
    token = page_of(pb.VerifyLedgerRequest(), keys=1).token((cursor,))
    with books.calling("ledgerProof.read") as caller, refused() as refusal:
        caller.ledger.VerifyLedger(pb.VerifyLedgerRequest(page_token=token))
    assert refusal.fields == (("pageToken", "FOREIGN_PAGE_TOKEN"),)


@pytest.mark.parametrize("cursor", ["seals:9223372036854775807", "entries:", "budgets:" + "f" * 32])
def test_a_forged_place_at_the_end_of_everything_proves_what_is_behind_it(books, cursor):
    token = page_of(pb.VerifyLedgerRequest(), keys=1).token((cursor,))
    with books.calling("ledgerProof.read") as caller:
        answer = caller.ledger.VerifyLedger(pb.VerifyLedgerRequest(page_token=token))
    assert (answer.findings, answer.entry_count) == ([], 0)


def test_who_reads_entries_only_proves_nothing(books, refused):
    with books.calling("ledgerEntries.read") as caller, refused() as refusal:
        caller.ledger.VerifyLedger(pb.VerifyLedgerRequest())
    assert refusal.status is grpc.StatusCode.PERMISSION_DENIED
