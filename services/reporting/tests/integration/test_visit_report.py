from datetime import date, time

import grpc
import pytest
from chassis.calendar import at
from chassis.identifiers import new_id
from journeyman.reporting.v1 import reports_pb2

MONDAY, TUESDAY, WEDNESDAY = "2026-03-02", "2026-03-03", "2026-03-04"
PERSON, UNIT = "00000000-0000-7000-8000-000000000011", "00000000-0000-7000-8000-0000000000a1"


def asked(**fields):
    return reports_pb2.GetVisitReportRequest(**{"from_date": MONDAY, "to_date": TUESDAY, **fields})


@pytest.fixture
def row(reports):
    def only_row(**fields):
        (found,) = reports().GetVisitReport(asked(**fields)).rows
        return found

    return only_row


def test_visits_are_counted_per_person_and_unit(take_over, row, facts):
    stop, missed = new_id(), new_id()
    take_over(
        "visit",
        facts.plan(PERSON, UNIT, [(stop, MONDAY), (missed, TUESDAY)]),
        facts.visit(PERSON, UNIT, MONDAY, stop=stop),
        facts.visit(PERSON, UNIT, MONDAY, valid=False),
        facts.visit(PERSON, UNIT, TUESDAY, counted=False),
        facts.visit(PERSON, UNIT, WEDNESDAY),
        facts.violation(PERSON, UNIT, TUESDAY),
    )
    assert row() == reports_pb2.VisitReport.Row(
        unit_id=UNIT,
        user_id=PERSON,
        visit_count=2,
        valid_count=1,
        ad_hoc_count=2,
        planned_count=2,
        visited_stop_count=1,
        in_sequence_count=1,
        validity=0.5,
        call_compliance=0.5,
        violation_count=1,
    )


def test_a_visit_that_comes_before_its_plan_counts_for_its_stop(take_over, row, facts):
    stop = new_id()
    take_over("visit", facts.visit(PERSON, UNIT, MONDAY, stop=stop, in_sequence=False))
    assert (row().planned_count, row().visited_stop_count) == (0, 0)
    take_over("visit", facts.plan(PERSON, UNIT, [(stop, MONDAY)]))
    assert (row().planned_count, row().visited_stop_count, row().in_sequence_count) == (1, 1, 0)


def test_a_stop_counts_for_its_own_unit_where_the_plan_has_moved(take_over, reports, facts):
    begun, left, plan_id, new_unit = new_id(), new_id(), new_id(), new_id()
    stops = [(begun, MONDAY), (left, TUESDAY)]
    take_over(
        "visit",
        facts.plan(PERSON, UNIT, stops, plan_id=plan_id),
        facts.visit(PERSON, UNIT, MONDAY, stop=begun),
    )
    moved = facts.plan(PERSON, new_unit, stops, plan_id=plan_id, version=2)
    moved.data.stops[0].unit_id, moved.data.stops[1].unit_id = UNIT, new_unit
    take_over("visit", moved, facts.visit(PERSON, new_unit, TUESDAY, stop=left))
    rows = reports().GetVisitReport(asked()).rows
    figures = {row.unit_id: (row.planned_count, row.visited_stop_count, row.visit_count) for row in rows}
    assert figures == {UNIT: (1, 1, 1), new_unit: (1, 1, 1)}


def test_an_amendment_replaces_the_stops(take_over, row, facts):
    plan, kept, removed, added = (new_id() for _ in range(4))
    submitted = facts.plan(PERSON, UNIT, [(kept, MONDAY), (removed, MONDAY)], plan_id=plan)
    amended = facts.plan(PERSON, UNIT, [(kept, MONDAY), (added, TUESDAY)], plan_id=plan, version=2)
    take_over("visit", submitted, facts.visit(PERSON, UNIT, MONDAY, stop=removed))
    assert (row().planned_count, row().visited_stop_count) == (2, 1)
    take_over("visit", amended)
    assert (row().planned_count, row().visited_stop_count) == (2, 0)
    take_over("visit", submitted)
    assert (row().planned_count, row().visited_stop_count) == (2, 0)


def test_stops_of_days_to_come_do_not_count_yet(take_over, row, reports, facts, clock):
    visited = new_id()
    take_over(
        "visit",
        facts.plan(PERSON, UNIT, [(visited, MONDAY), (new_id(), TUESDAY), (new_id(), WEDNESDAY)]),
        facts.visit(PERSON, UNIT, MONDAY, stop=visited),
    )
    for day, planned in ((MONDAY, 1), (TUESDAY, 2), (WEDNESDAY, 3)):
        clock.set(at(date.fromisoformat(day), time(0)))
        found = row(to_date=WEDNESDAY)
        assert (found.planned_count, found.call_compliance) == (planned, 1 / planned)
    clock.set(at(date.fromisoformat(MONDAY), time(23, 59)))
    assert not reports().GetVisitReport(asked(from_date=TUESDAY)).rows


def test_facts_count_for_the_unit_of_their_day(take_over, reports, facts):
    other = "00000000-0000-7000-8000-0000000000a2"
    take_over("visit", facts.visit(PERSON, UNIT, MONDAY), facts.visit(PERSON, other, TUESDAY))
    rows = reports().GetVisitReport(asked()).rows
    assert [(row.unit_id, row.visit_count) for row in rows] == [(UNIT, 1), (other, 1)]


def test_a_unit_sums_its_people(take_over, row, facts):
    take_over("visit", *[facts.visit(new_id(), UNIT, MONDAY) for _ in range(3)])
    found = row(group_by=reports_pb2.GROUPING_UNIT)
    assert (found.unit_id, found.user_id, found.visit_count) == (UNIT, "", 3)


def test_only_the_unit_asked_for_is_reported(take_over, row, facts):
    take_over("visit", facts.visit(PERSON, UNIT, MONDAY), facts.visit(PERSON, new_id(), MONDAY))
    assert row(unit_id=UNIT).unit_id == UNIT
    assert row(unit_id=UNIT.upper()).unit_id == UNIT


@pytest.mark.parametrize("grouping", [reports_pb2.GROUPING_PERSON, reports_pb2.GROUPING_UNIT])
def test_pages_hold_every_row_once(take_over, reports, facts, grouping):
    take_over("visit", *[facts.visit(new_id(), new_id(), MONDAY) for _ in range(7)])
    everything = reports().GetVisitReport(asked(group_by=grouping))
    found, request = [], asked(group_by=grouping, page_size=3)
    while True:
        page = reports().GetVisitReport(request)
        found.extend(page.rows)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == list(everything.rows)
    assert len(found) == 7


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"from_date": TUESDAY, "to_date": MONDAY}, "toDate", "BEFORE_FROM_DATE"),
        ({"from_date": "2025-01-26"}, "toDate", "PERIOD_TOO_LONG"),
        ({"from_date": "2026-02-30"}, "fromDate", "NO_SUCH_DATE"),
        ({"to_date": "2026-02-30"}, "toDate", "NO_SUCH_DATE"),
        ({"from_date": ""}, "fromDate", "STRING_MIN_LEN"),
    ],
)
def test_a_bad_period_names_its_field(reports, refusal, fields, field, reason):
    with pytest.raises(grpc.RpcError) as caught:
        reports().GetVisitReport(asked(**fields))
    assert refusal(caught.value) == (grpc.StatusCode.INVALID_ARGUMENT, field, reason)


def test_four_hundred_days_are_a_period(reports):
    assert not reports().GetVisitReport(asked(from_date="2025-01-27")).rows


def test_a_forged_page_token_is_refused(take_over, reports, facts, forge, refusal):
    take_over("visit", *[facts.visit(PERSON, new_id(), MONDAY) for _ in range(2)])
    good = reports().GetVisitReport(asked(page_size=1)).next_page_token
    for key in (["x", PERSON], [UNIT, "x"], [UNIT, 5], [None, None], [UNIT]):
        with pytest.raises(grpc.RpcError) as caught:
            reports().GetVisitReport(asked(page_size=1, page_token=forge(good, key)))
        assert refusal(caught.value) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "pageToken",
            "FOREIGN_PAGE_TOKEN",
        )
