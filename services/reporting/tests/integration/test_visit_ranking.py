from datetime import date, time

import grpc
import pytest
from chassis.access import Scope
from chassis.calendar import at
from chassis.identifiers import new_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeyman.reporting.v1 import reports_pb2
from sqlalchemy import text

MONDAY, TUESDAY = "2026-03-02", "2026-03-03"
Metric = reports_pb2.GetVisitRankingRequest.Metric
UNITS = [f"00000000-0000-7000-8000-0000000000a{number}" for number in range(4)]


def asked(**fields):
    return reports_pb2.GetVisitRankingRequest(**{"from_date": MONDAY, "to_date": MONDAY, **fields})


def pages(stub, **fields):
    request = asked(**fields)
    while True:
        page = stub.GetVisitRanking(request)
        yield from page.rows
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def visits(facts, person, unit, *, valid, invalid=0):
    return [
        *[facts.visit(person, unit, MONDAY) for _ in range(valid)],
        *[facts.visit(person, unit, MONDAY, valid=False) for _ in range(invalid)],
    ]


def test_equal_values_share_a_place_and_the_next_is_skipped(take_over, reports, facts):
    for count in (3, 5, 5):
        take_over("visit", *visits(facts, new_id(), UNITS[0], valid=count))
    found = reports().GetVisitRanking(asked()).rows
    assert [(row.rank, row.value) for row in found] == [(1, 5), (1, 5), (3, 3)]


def test_the_code_of_the_unit_orders_equal_places(take_over, reports, facts):
    take_over("identity", *[facts.unit(unit, code=code) for unit, code in zip(UNITS, "CABD", strict=True)])
    for unit in UNITS:
        take_over("visit", facts.visit(new_id(), unit, MONDAY))
    by_code = [UNITS[1], UNITS[2], UNITS[0], UNITS[3]]
    assert [row.unit_id for row in pages(reports(), page_size=1)] == by_code
    ranked = list(pages(reports(), page_size=1, group_by=reports_pb2.GROUPING_UNIT))
    assert [(row.rank, row.unit_id, row.user_id) for row in ranked] == [(1, unit, "") for unit in by_code]


def test_equal_shares_tie_whatever_their_size(take_over, reports, facts):
    take_over("visit", *visits(facts, new_id(), UNITS[0], valid=1, invalid=2))
    take_over("visit", *visits(facts, new_id(), UNITS[0], valid=2, invalid=4))
    found = reports().GetVisitRanking(asked(metric=Metric.METRIC_VALIDITY)).rows
    assert [row.rank for row in found] == [1, 1]


def test_call_compliance_ranks_planned_stops(take_over, reports, facts):
    kept, lazy, unplanned = (new_id() for _ in range(3))
    stops = [new_id() for _ in range(4)]
    take_over(
        "visit",
        facts.plan(kept, UNITS[0], [(stop, MONDAY) for stop in stops[:2]]),
        facts.plan(lazy, UNITS[0], [(stop, MONDAY) for stop in stops[2:]]),
        *[facts.visit(kept, UNITS[0], MONDAY, stop=stop) for stop in stops[:2]],
        facts.visit(lazy, UNITS[0], MONDAY, stop=stops[2]),
        facts.visit(unplanned, UNITS[0], MONDAY),
    )
    found = reports().GetVisitRanking(asked(metric=Metric.METRIC_CALL_COMPLIANCE)).rows
    assert [(row.rank, row.user_id, row.value) for row in found] == [
        (1, kept, 1.0),
        (2, lazy, 0.5),
        (3, unplanned, 0.0),
    ]


def test_a_plan_for_tomorrow_takes_nobody_down(take_over, reports, facts, clock):
    person, stop = new_id(), new_id()
    take_over(
        "visit",
        facts.plan(person, UNITS[0], [(stop, MONDAY), (new_id(), TUESDAY)]),
        facts.visit(person, UNITS[0], MONDAY, stop=stop),
    )
    compliance = asked(to_date=TUESDAY, metric=Metric.METRIC_CALL_COMPLIANCE)
    for day, value in ((MONDAY, 1), (TUESDAY, 0.5)):
        clock.set(at(date.fromisoformat(day), time(12)))
        assert [row.value for row in reports().GetVisitRanking(compliance).rows] == [value]


@pytest.fixture
def stub(reports):
    return reports()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 5))
def test_places_are_right_across_pages(database, take_over, stub, facts, values, page_size):
    with database.begin() as connection:
        connection.execute(text("TRUNCATE visits, visit_days"))
    take_over(
        "visit", *[v for count in values for v in visits(facts, new_id(), UNITS[0], valid=count, invalid=1)]
    )
    places = [1 + sum(other > value for other in values) for value in sorted(values, reverse=True)]
    found = list(pages(stub, page_size=page_size))
    assert [(row.rank, row.value) for row in found] == list(
        zip(places, sorted(values, reverse=True), strict=True)
    )
    assert len({row.user_id for row in found}) == len(values)


def test_places_are_counted_among_what_the_caller_sees(take_over, reports, facts):
    for count, unit in ((5, UNITS[0]), (3, UNITS[1]), (1, UNITS[1])):
        take_over("visit", *visits(facts, new_id(), unit, valid=count))
    found = reports(unit=UNITS[1], scope=Scope.UNIT).GetVisitRanking(asked()).rows
    assert [(row.rank, row.value) for row in found] == [(1, 3), (2, 1)]


def test_a_forged_place_is_refused(take_over, reports, facts, forge, refusal):
    take_over("visit", *[facts.visit(new_id(), UNITS[0], MONDAY) for _ in range(2)])
    good = reports().GetVisitRanking(asked(page_size=1)).next_page_token
    for rank in ("1", 0, 2**31, 1.5, None):
        with pytest.raises(grpc.RpcError) as caught:
            reports().GetVisitRanking(asked(page_size=1, page_token=forge(good, [rank, UNITS[0], UNITS[0]])))
        assert refusal(caught.value)[1:] == ("pageToken", "FOREIGN_PAGE_TOKEN")
