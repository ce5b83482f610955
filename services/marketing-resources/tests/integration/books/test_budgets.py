import grpc
import pytest
from chassis.access import Scope
from chassis.events import store_newer
from chassis.money import Money, from_proto
from directory.tables import units
from google.protobuf import any_pb2
from google.type import money_pb2
from journeyman.marketing.v1 import budgets_pb2 as pb
from journeyman.marketing.v1 import events_pb2, ledger_pb2

NOBODY = "00000000-0000-7000-8000-0000000000ff"


def create(caller, budget):
    return caller.budgets.CreateBudget(pb.CreateBudgetRequest(budget=budget))


def ids(caller, **fields):
    answer = caller.budgets.ListBudgets(pb.ListBudgetsRequest(**fields))
    return [budget.id for budget in answer.budgets], answer.next_page_token


@pytest.mark.rule("R042")
def test_a_granted_budget_is_available_at_once_and_stands_in_the_ledger_R042(books):
    budget = books.budget(123_456)
    balances = [
        from_proto(amount).minor_units
        for amount in (budget.amount, budget.available, budget.reserved, budget.committed, budget.paid)
    ]
    assert balances == [123_456, 123_456, 0, 0, 0]
    assert budget.etag == '"v1"'
    with books.calling() as caller:
        assert caller.budgets.GetBudget(pb.GetBudgetRequest(budget_id=budget.id)) == budget
        request = ledger_pb2.ListLedgerEntriesRequest(budget_id=budget.id)
        (entry,) = caller.ledger.ListLedgerEntries(request).ledger_entries
    assert (entry.kind, from_proto(entry.amount)) == (entry.KIND_GRANT, Money(123_456, "CNY"))
    assert (entry.budget_sequence, entry.unit_id) == (1, budget.unit_id)


def test_what_others_hear_of_a_new_budget_is_what_was_granted(books):
    fund = books.fund("HQ-PROMOTION")
    budget = books.budget(5_000, fund_id=fund.id)
    ((version, data),) = books.rows(
        "SELECT aggregate_version, data FROM outbox WHERE type = 'journeyman.marketing.budget.changed.v1'"
    )
    packed, fact = any_pb2.Any.FromString(bytes(data)), events_pb2.BudgetChanged()
    assert packed.Unpack(fact)
    assert (version, fact.budget_id, fact.fund_code) == (1, budget.id, "HQ-PROMOTION")
    assert (fact.available_minor_units, fact.reserved_minor_units) == (5_000, 0)


@pytest.mark.rule("R038")
def test_each_class_of_resources_has_a_budget_of_its_own_R038(books, a_budget, refused):
    fund = books.fund()
    with books.calling() as caller:
        for resource_class in ("advertising", "promo_goods", "other"):
            create(caller, a_budget(fund.id, resource_class=resource_class))
        with refused() as refusal:
            create(caller, a_budget(fund.id, resource_class="travel"))
    assert refusal.fields == (("budget.resourceClass", "STRING_IN"),)


def test_fund_class_unit_and_period_have_one_budget(books, a_budget, refused):
    budget = a_budget(books.fund().id)
    with books.calling() as caller:
        create(caller, budget)
        with refused() as refusal:
            create(caller, budget)
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "BUDGET_EXISTS")
    assert books.rows("SELECT count(*) FROM ledger_entries") == [(1,)]


def test_a_budget_of_no_fund_is_refused(books, a_budget, refused):
    with books.calling() as caller, refused() as refusal:
        create(caller, a_budget(NOBODY))
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "FUND_NOT_FOUND")


def test_a_unit_that_does_not_exist_gets_no_budget(books, a_budget, refused):
    with books.calling() as caller, refused() as refusal:
        create(caller, a_budget(books.fund().id, unit_id=NOBODY))
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "UNIT_NOT_FOUND")
    assert refusal.fields == (("budget.unitId", "UNIT_NOT_FOUND"),)


def test_a_unit_that_was_merged_into_another_gets_no_budget(books, a_budget, refused, organisation):
    row = {"kind": "DISTRICT", "code": "", "version": 1}
    with books.database.begin() as connection:
        store_newer(connection, units, [{"id": organisation.east, "parent_id": None, **row}])
        merged = {"id": organisation.shanghai, "parent_id": organisation.east, "closed": True}
        store_newer(connection, units, [{**merged, **row}])
    fund = books.fund()
    with books.calling() as caller:
        with refused() as refusal:
            create(caller, a_budget(fund.id, unit_id=organisation.shanghai))
        assert create(caller, a_budget(fund.id, unit_id=organisation.east)).id
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "UNIT_CLOSED")


def test_a_unit_outside_the_callers_reach_gets_no_budget(books, a_budget, refused, organisation):
    fund = books.fund()
    with books.calling(unit=organisation.east, scope=Scope.SUBTREE) as caller:
        create(caller, a_budget(fund.id, unit_id=organisation.shanghai))
        with refused() as refusal:
            create(caller, a_budget(fund.id, unit_id=organisation.south))
    assert refusal.reason == "UNIT_NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"period_end_date": "2026-02-30"}, ("budget.periodEndDate", "NO_SUCH_DATE")),
        ({"period_start_date": "0000-03-01"}, ("budget.periodStartDate", "NO_SUCH_DATE")),
        ({"period_end_date": "2026-02-28"}, ("budget.periodEndDate", "PERIOD_REVERSED")),
        ({"period_end_date": "2026-03-30"}, ("budget.periodEndDate", "NOT_WHOLE_MONTHS")),
        ({"period_start_date": "2026-03-02"}, ("budget.periodEndDate", "NOT_WHOLE_MONTHS")),
        ({"period_start_date": ""}, ("budget.periodStartDate", "STRING_MIN_LEN")),
    ],
)
def test_a_period_that_is_not_whole_months_is_refused_by_field(books, a_budget, refused, fields, problem):
    fund = books.fund()
    with books.calling() as caller, refused() as refusal:
        create(caller, a_budget(fund.id, **fields))
    assert refusal.fields == (problem,)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (money_pb2.Money(currency_code="CNY"), "AMOUNT_NOT_POSITIVE"),
        (money_pb2.Money(currency_code="CNY", units=-1), "AMOUNT_NOT_POSITIVE"),
        (money_pb2.Money(currency_code="CNY", nanos=1), "NOT_MONEY"),
        (money_pb2.Money(currency_code="XXX", units=1), "NOT_MONEY"),
        (money_pb2.Money(currency_code="CNY", units=2**62), "NOT_MONEY"),
    ],
)
def test_an_amount_that_cannot_be_granted_is_refused_by_field(books, a_budget, refused, amount, reason):
    budget = a_budget(books.fund().id)
    budget.amount.CopyFrom(amount)
    with books.calling() as caller, refused() as refusal:
        create(caller, budget)
    assert refusal.fields == (("budget.amount", reason),)


def test_the_last_month_of_all_has_a_budget_and_the_largest_amount_fits(books):
    budget = books.budget(2**63 - 1, period_start_date="9999-12-01", period_end_date="9999-12-31")
    assert from_proto(budget.available).minor_units == 2**63 - 1


def test_budgets_are_listed_newest_first_page_by_page(books):
    made = [books.budget().id for _ in range(5)]
    with books.calling() as caller:
        first, token = ids(caller, page_size=3)
        rest, end = ids(caller, page_size=3, page_token=token)
    assert first + rest == made[::-1]
    assert end == ""


def test_the_filters_of_the_list_narrow_it_together(books, organisation):
    fund = books.fund()
    march = books.budget(fund_id=fund.id)
    second = {"period_start_date": "2026-04-01", "period_end_date": "2026-06-30"}
    quarter = books.budget(fund_id=fund.id, **second)
    south = books.budget(unit_id=organisation.south)
    with books.calling() as caller:
        assert ids(caller, fund_id=fund.id)[0] == [quarter.id, march.id]
        assert ids(caller, unit_id=organisation.south)[0] == [south.id]
        assert ids(caller, fund_id=fund.id, on_date="2026-05-15")[0] == [quarter.id]
        assert ids(caller, fund_id=fund.id, on_date="2026-03-31")[0] == [march.id]
        assert ids(caller, fund_id=fund.id, unit_id=organisation.south)[0] == []


def test_a_day_that_does_not_exist_filters_nothing(books, refused):
    with books.calling() as caller, refused() as refusal:
        ids(caller, on_date="2026-02-30")
    assert refusal.fields == (("onDate", "NO_SUCH_DATE"),)


def test_a_budget_outside_the_scope_does_not_exist(books, organisation, refused):
    inside, outside = books.budget(), books.budget(unit_id=organisation.south)
    with books.calling(unit=organisation.east, scope=Scope.SUBTREE) as caller:
        assert ids(caller)[0] == [inside.id]
        assert ids(caller, unit_id=organisation.south)[0] == []
        assert ids(caller, fund_id=outside.fund_id)[0] == []
        with refused() as refusal:
            caller.budgets.GetBudget(pb.GetBudgetRequest(budget_id=outside.id))
    assert refusal.status is grpc.StatusCode.NOT_FOUND


def test_a_budget_is_nobodys_own(books, organisation):
    books.budget()
    with books.calling(unit=organisation.shanghai, scope=Scope.SELF) as caller:
        assert ids(caller)[0] == []
