"""How far budgets are used."""

import random
from datetime import date

import grpc
import pytest
from chassis.access import Scope
from chassis.identifiers import new_id
from google.type import money_pb2
from journeyman.reporting.v1 import reports_pb2
from reporting.budgets.rules import elapsed_ratio

HERE = "00000000-0000-7000-8000-0000000000a1"
THERE = "00000000-0000-7000-8000-0000000000a2"
ASKED = reports_pb2.GetBudgetProgressReportRequest


def yuan(units):
    return money_pb2.Money(currency_code="CNY", units=units)


@pytest.mark.rule("R042")
def test_the_use_of_a_budget_stands_beside_the_time_that_has_gone_R042(facts, take_over, reports):
    budget = facts.budget(HERE, 40_00, 10_00, 30_00, 20_00)
    take_over("marketing", budget)
    answer = reports().GetBudgetProgressReport(ASKED())
    (row,) = answer.rows
    assert (row.unit_id, row.budget_id, row.fund_code) == (HERE, budget.subject, "HQ-PROMOTION")
    assert (row.period_start_date, row.period_end_date) == ("2026-03-01", "2026-03-31")
    amounts = [row.amount, row.available, row.reserved, row.committed, row.paid]
    assert amounts == [yuan(100), yuan(40), yuan(10), yuan(30), yuan(20)]
    assert (row.used_ratio, row.paid_ratio, row.elapsed_ratio) == (0.5, 0.2, 6 / 31)


@pytest.mark.parametrize(
    ("today", "ratio"),
    [((2026, 2, 28), 0), ((2026, 3, 1), 1 / 31), ((2026, 3, 31), 1), ((2026, 5, 1), 1)],
)
def test_a_period_goes_from_nothing_to_all(today, ratio):
    assert elapsed_ratio(date(2026, 3, 1), date(2026, 3, 31), date(*today)) == ratio


def test_the_newest_state_stands_in_whatever_order_it_came(facts, take_over, reports):
    budget = new_id()
    history = [
        facts.budget(HERE, 100_00 - used, used, budget_id=budget, version=version)
        for version, used in enumerate([0, 10_00, 70_00, 30_00], start=1)
    ]
    random.shuffle(history)
    for fact in [*history, history[0]]:
        take_over("marketing", fact)
    (row,) = reports().GetBudgetProgressReport(ASKED()).rows
    assert (row.available, row.reserved) == (yuan(70), yuan(30))


def test_budgets_of_other_days_units_and_funds_are_left_out(facts, take_over, reports):
    fund = new_id()
    march = facts.budget(HERE, 1, fund_id=fund)
    april = facts.budget(HERE, 1, period_start_date="2026-04-01", period_end_date="2026-04-30")
    elsewhere = facts.budget(THERE, 1)
    take_over("marketing", march, april, elsewhere)
    ask = reports().GetBudgetProgressReport

    def found(**filters):
        return {row.budget_id for row in ask(ASKED(**filters)).rows}

    assert found() == {march.subject, elsewhere.subject}
    assert found(on_date="2026-04-30") == {april.subject}
    assert found(on_date="2026-05-01") == set()
    assert found(unit_id=THERE) == {elsewhere.subject}
    assert found(fund_id=fund) == {march.subject}


def test_nobody_sees_the_budgets_of_another_unit(facts, take_over, reports):
    take_over("marketing", facts.budget(HERE, 1), facts.budget(THERE, 1))
    mine = reports(unit=HERE, scope=Scope.UNIT).GetBudgetProgressReport
    assert [row.unit_id for row in mine(ASKED()).rows] == [HERE]
    assert list(mine(ASKED(unit_id=THERE)).rows) == []
    own = reports(unit=HERE, scope=Scope.SELF).GetBudgetProgressReport
    assert list(own(ASKED()).rows) == []  # a budget is nobody's own


def test_pages_hold_every_budget_once(facts, take_over, reports):
    published = [facts.budget(random.choice([HERE, THERE]), 1) for _ in range(7)]
    take_over("marketing", *published)
    ask = reports().GetBudgetProgressReport
    found, token = [], ""
    while True:
        answer = ask(ASKED(page_size=3, page_token=token))
        found += [(row.unit_id, row.budget_id) for row in answer.rows]
        token = answer.next_page_token
        if not token:
            break
    assert found == sorted((fact.data.unit_id, fact.subject) for fact in published)


def test_a_day_that_is_none_is_named(reports, refusal):
    with pytest.raises(grpc.RpcError) as caught:
        reports().GetBudgetProgressReport(ASKED(on_date="2026-02-30"))
    assert refusal(caught.value) == (grpc.StatusCode.INVALID_ARGUMENT, "onDate", "NO_SUCH_DATE")


def test_budgets_come_by_the_feed(marketing, following, reports, facts):
    producer, _ = marketing
    consumers = following(marketing)
    with consumers.running():
        producer.publish(facts.budget(HERE, 5_00))
        consumers.catch_up()
    answer = reports().GetBudgetProgressReport(ASKED())
    assert [row.available for row in answer.rows] == [yuan(5)]
    assert answer.as_of.positions == {"marketing": 1}
