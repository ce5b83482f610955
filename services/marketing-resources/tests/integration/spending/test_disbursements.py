from datetime import UTC, datetime

import pytest
from chassis.access import Scope
from google.type import money_pb2
from grpc import StatusCode
from journeyman.marketing.v1 import disbursements_pb2 as pb
from journeyman.marketing.v1 import events_pb2

BRANCH = "00000000-0000-7000-8000-0000000000a2"
OTHER_ID = "00000000-0000-7000-8000-00000000dead"


@pytest.fixture
def budget(world):
    return world.budget(100_000)


@pytest.fixture
def due(world, budget):
    return world.disbursement(budget, 700)


@pytest.fixture
def erp(world):
    """The finance system."""
    return world.finance_system()


@pytest.mark.rule("R042")
def test_the_finance_system_confirms_a_payment_R042(world, budget, due, erp):
    paid = erp.confirm(due, external_id="PAY-1", paid="2026-03-09")
    assert (paid.state, paid.external_id, paid.paid_date) == (
        pb.Disbursement.STATE_PAID,
        "PAY-1",
        "2026-03-09",
    )
    assert paid.confirmed_by == erp.id
    assert paid.confirm_time.ToDatetime(UTC) == world.clock.now()
    assert erp.disbursement(due) == paid
    assert world.balances(budget) == (99_300, 0, 0, 700)
    (last,) = world.entries(budget)[-1:]
    assert (last.kind, last.amount, last.subject) == ("PAY", 700, erp.id)
    assert (last.spend_plan_id, last.spend_plan_item_id) == (due.spend_plan_id, due.spend_plan_item_id)


def test_a_person_with_the_permission_confirms_too(world, due):
    person = world.caller("disbursements.*")
    assert person.confirm(due).confirmed_by == person.id


@pytest.mark.rule("R042")
def test_the_same_confirmation_again_gets_the_same_answer_for_ever_R042(world, budget, due, erp):
    paid = erp.confirm(due)
    world.clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    assert erp.confirm(due) == paid
    assert world.balances(budget) == (99_300, 0, 0, 700)
    assert len(world.facts("marketing.disbursement.paid", events_pb2.DisbursementPaid)) == 1


def test_an_external_id_stands_for_one_payment(world, budget, due, erp, refusal, money):
    other = world.disbursement(budget, 700)
    erp.confirm(due, external_id="PAY-1")
    for call in (
        lambda: erp.confirm(other, external_id="PAY-1"),
        lambda: erp.confirm(due, external_id="PAY-1", paid="2026-03-09"),
        lambda: erp.confirm(due, external_id="PAY-1", amount=money(699)),
    ):
        refused = refusal(call)
        assert (refused.status, refused.reason) == (StatusCode.ALREADY_EXISTS, "EXTERNAL_ID_USED")
    assert world.balances(budget) == (98_600, 0, 700, 700)


def test_an_external_id_is_kept_as_it_is_given(quiet):
    due, erp = quiet.disbursement(quiet.budget(700), 700), quiet.finance_system()
    external_id = "付款 №１ 😀 e\u0301"
    assert erp.confirm(due, external_id=external_id).external_id == external_id
    assert erp.confirm(due, external_id=external_id).external_id == external_id


def test_each_payer_has_external_ids_of_their_own(world, budget, due, erp):
    other = world.disbursement(budget, 700)
    erp.confirm(due, external_id="PAY-1")
    assert world.finance_system().confirm(other, external_id="PAY-1").state == pb.Disbursement.STATE_PAID


def test_a_disbursement_is_paid_once(world, budget, due, erp, refusal):
    world.disbursement(budget, 700)  # with the money of another one a second payment would not be overdrawn
    erp.confirm(due, external_id="PAY-1")
    for payer, external_id in ((erp, "PAY-2"), (world.finance_system(), "PAY-1")):
        refused = refusal(lambda payer=payer, name=external_id: payer.confirm(due, external_id=name))
        assert (refused.status, refused.reason) == (StatusCode.FAILED_PRECONDITION, "DISBURSEMENT_PAID")
    assert world.balances(budget) == (98_600, 0, 700, 700)


@pytest.mark.parametrize("paid", [699, 701, 0, -700])
def test_a_payment_is_the_amount_that_is_due(quiet, refusal, money, paid):
    budget = quiet.budget(700)
    due = quiet.disbursement(budget, 700)
    refused = refusal(lambda: quiet.finance_system().confirm(due, amount=money(paid)))
    assert (refused.status, refused.reason) == (StatusCode.INVALID_ARGUMENT, "AMOUNT_DIFFERS")
    assert "7.00 CNY" in refused.words
    assert quiet.balances(budget) == (0, 0, 700, 0)


def test_a_payment_is_in_the_currency_that_is_due(due, erp, refusal, money):
    assert refusal(lambda: erp.confirm(due, amount=money(700, "USD"))).reason == "AMOUNT_DIFFERS"


def test_a_payment_lies_not_after_today_in_shanghai(world, due, erp, refusal):
    world.clock.set(datetime(2026, 3, 10, 15, 59, tzinfo=UTC))
    refused = refusal(lambda: erp.confirm(due, paid="2026-03-11"))
    assert (refused.status, refused.fields) == (
        StatusCode.INVALID_ARGUMENT,
        (("paidDate", "AFTER_TODAY"),),
    )
    world.clock.set(datetime(2026, 3, 10, 16, tzinfo=UTC))
    assert erp.confirm(due, paid="2026-03-11").paid_date == "2026-03-11"


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"paid_date": ""}, "paidDate", "STRING_MIN_LEN"),
        ({"paid_date": "2026-02-30"}, "paidDate", "NO_SUCH_DATE"),
        ({"paid_date": "yesterday"}, "paidDate", "STRING_CIVIL_DATE"),
        ({"amount": None}, "amount", "REQUIRED"),
        ({"amount": money_pb2.Money(currency_code="CNY", nanos=1)}, "amount", "NOT_MONEY"),
        ({"amount": money_pb2.Money(currency_code="cny", units=7)}, "amount", "NOT_MONEY"),
        ({"external_id": ""}, "externalId", "STRING_MIN_LEN"),
        ({"external_id": "x" * 101}, "externalId", "STRING_MAX_LEN"),
        ({"external_id": " "}, "externalId", "STRING_PATTERN"),
        ({"external_id": " PAY-1"}, "externalId", "STRING_PATTERN"),
        ({"external_id": "PAY-1\n"}, "externalId", "STRING_PATTERN"),
        ({"external_id": "PAY\n1"}, "externalId", "STRING_PATTERN"),
        ({"external_id": "a\0"}, "externalId", "STRING_STORABLE"),
        ({"disbursement_id": "x"}, "disbursementId", "STRING_UUID"),
    ],
)
def test_a_bad_confirmation_is_refused_with_its_field(quiet, refusal, fields, where, reason):
    due, erp = quiet.disbursement(quiet.budget(700), 700), quiet.finance_system()
    good = {"disbursement_id": due.id, "external_id": "P", "amount": due.amount, "paid_date": "2026-03-10"}
    request = pb.ConfirmDisbursementPaymentRequest(**{**good, **fields})
    refused = refusal(lambda: erp.disbursements.ConfirmDisbursementPayment(request))
    assert (refused.status, refused.fields) == (StatusCode.INVALID_ARGUMENT, ((where, reason),))


def test_what_is_no_disbursement_is_not_found(quiet, refusal, money):
    erp = quiet.finance_system()
    missing = pb.Disbursement(id=OTHER_ID, amount=money(1))
    for call in (erp.disbursement, erp.confirm):
        assert refusal(lambda call=call: call(missing)).status is StatusCode.NOT_FOUND


def test_a_disbursement_outside_the_scope_is_not_there(world, due, refusal):
    afar = world.caller("disbursements.*", unit=BRANCH, scope=Scope.SUBTREE)
    for call in (afar.disbursement, afar.confirm):
        refused = refusal(lambda call=call: call(due))
        assert (refused.status, refused.reason) == (StatusCode.NOT_FOUND, "NOT_FOUND")
    assert afar.list_disbursements().disbursements == []
    assert afar.list_disbursements(spend_plan_id=due.spend_plan_id).disbursements == []


def test_disbursements_are_listed_newest_first_and_filtered(world, budget, erp):
    dues = [world.disbursement(budget, amount) for amount in (100, 200, 300)]
    paid = erp.confirm(dues[1])
    listed = list(erp.list_disbursements().disbursements)
    assert [found.id for found in listed] == [found.id for found in reversed(dues)]
    assert list(erp.list_disbursements(state=pb.Disbursement.STATE_PAID).disbursements) == [paid]
    of_plan = erp.list_disbursements(spend_plan_id=dues[0].spend_plan_id).disbursements
    assert [found.id for found in of_plan] == [dues[0].id]
    first = erp.list_disbursements(page_size=2)
    second = erp.list_disbursements(page_size=2, page_token=first.next_page_token)
    assert [*first.disbursements, *second.disbursements] == listed
    assert second.next_page_token == ""


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"state": 9}, "state", "ENUM_DEFINED_ONLY"),
        ({"spend_plan_id": "x"}, "spendPlanId", "STRING_UUID"),
        ({"page_token": "x"}, "pageToken", "FOREIGN_PAGE_TOKEN"),
    ],
)
def test_a_bad_question_for_disbursements_is_refused(quiet, refusal, fields, where, reason):
    assert refusal(lambda: quiet.finance_system().list_disbursements(**fields)).fields == ((where, reason),)


def test_a_payment_is_told_with_its_budget(world, budget, due, erp):
    erp.confirm(due)
    ((version, fact),) = world.facts("marketing.disbursement.paid", events_pb2.DisbursementPaid)
    assert (version, fact.disbursement_id, fact.spend_plan_id) == (1, due.id, due.spend_plan_id)
    assert (fact.budget_id, fact.amount_minor_units, fact.currency) == (budget, 700, "CNY")
    assert fact.paid_date == "2026-03-10"
    *_, (_, told) = world.facts("marketing.budget.changed", events_pb2.BudgetChanged)
    assert (told.committed_minor_units, told.paid_minor_units) == (0, 700)
