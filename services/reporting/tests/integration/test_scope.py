"""No report shows, sums or ranks a row outside the caller's scope."""

import grpc
import pytest
from chassis.access import Scope
from chassis.identifiers import new_id
from journeyman.reporting.v1 import reports_pb2

ROOT, NORTH, SOUTH = (f"00000000-0000-7000-8000-0000000000a{number}" for number in range(3))
NORTHERNER, SOUTHERNER, HEAD = (f"00000000-0000-7000-8000-00000000001{number}" for number in range(3))
PARENTS = {ROOT: None, NORTH: ROOT, SOUTH: ROOT}
DAY = "2026-02-27"

period = {"from_date": DAY, "to_date": DAY}
REPORTS = {
    "visits": lambda stub, **fields: stub.GetVisitReport(
        reports_pb2.GetVisitReportRequest(**period, **fields)
    ),
    "attendance": lambda stub, **fields: stub.GetAttendanceReport(
        reports_pb2.GetAttendanceReportRequest(**period, **fields)
    ),
    "ranking": lambda stub, **fields: stub.GetVisitRanking(
        reports_pb2.GetVisitRankingRequest(**period, **fields)
    ),
    "customers": lambda stub, **fields: stub.GetCustomerReport(
        reports_pb2.GetCustomerReportRequest(**fields)
    ),
}


@pytest.fixture
def organisation(take_over, facts):
    people = {NORTHERNER: NORTH, SOUTHERNER: SOUTH, HEAD: ROOT}
    take_over("identity", *[facts.user(user, unit) for user, unit in people.items()])
    take_over("customer", *[facts.customer(user, unit) for user, unit in people.items()])
    for user, unit in people.items():
        take_over("visit", facts.visit(user, unit, DAY), facts.attendance(user, unit, DAY))


SEEN = [
    (Scope.ALL, ROOT, {NORTHERNER, SOUTHERNER, HEAD}),
    (Scope.SUBTREE, ROOT, {NORTHERNER, SOUTHERNER, HEAD}),
    (Scope.SUBTREE, NORTH, {NORTHERNER}),
    (Scope.UNIT, ROOT, {HEAD}),
    (Scope.SELF, NORTH, {SOUTHERNER}),
]


def people(stub, names=REPORTS, **fields):
    """Return whose rows each report shows."""
    return {name: {row.user_id for row in REPORTS[name](stub, **fields).rows} for name in names}


@pytest.mark.parametrize(("scope", "unit", "seen"), SEEN)
def test_people_outside_the_scope_have_no_row(organisation, reports, scope, unit, seen):
    stub = reports(PARENTS, subject=SOUTHERNER, unit=unit, scope=scope)
    assert people(stub) == dict.fromkeys(REPORTS, seen)


@pytest.mark.rule("R034")
def test_a_head_checks_everybody_below_by_the_reports_R034(organisation, reports):
    head = reports(PARENTS, subject=HEAD, unit=ROOT, scope=Scope.SUBTREE)
    everybody = {NORTHERNER, SOUTHERNER, HEAD}
    assert people(head, ["visits", "attendance"]) == {"visits": everybody, "attendance": everybody}


def test_asking_for_a_unit_does_not_widen_the_scope(organisation, reports):
    stub = reports(PARENTS, unit=NORTH, scope=Scope.SUBTREE)
    asked = ["visits", "attendance", "customers"]
    assert people(stub, asked, unit_id=SOUTH) == {key: set() for key in asked}


FIGURES = {
    "visits": "visit_count",
    "attendance": "on_time_count",
    "ranking": "value",
    "customers": "active_count",
}


def test_a_unit_sums_only_the_rows_in_scope(organisation, take_over, reports, facts):
    colleague = new_id()
    take_over("visit", facts.visit(colleague, SOUTH, DAY), facts.attendance(colleague, SOUTH, DAY))
    take_over("customer", facts.customer(colleague, SOUTH))

    def sums(stub):
        answers = {name: ask(stub, group_by=reports_pb2.GROUPING_UNIT) for name, ask in REPORTS.items()}
        return {name: [getattr(row, FIGURES[name]) for row in answers[name].rows] for name in REPORTS}

    own = reports(PARENTS, subject=SOUTHERNER, unit=SOUTH, scope=Scope.SELF)
    assert sums(own) == {key: [1] for key in REPORTS}
    assert sums(reports(PARENTS, unit=SOUTH, scope=Scope.UNIT)) == {key: [2] for key in REPORTS}


def test_a_machine_with_a_personal_scope_sees_nothing(organisation, reports):
    stub = reports(PARENTS, subject=SOUTHERNER, scope=Scope.SELF, person=False)
    assert people(stub) == {key: set() for key in REPORTS}


def test_a_page_token_of_a_wider_caller_opens_nothing(organisation, reports):
    wide, narrow = reports(PARENTS), reports(PARENTS, unit=NORTH, scope=Scope.UNIT)
    for ask in REPORTS.values():
        token = ask(wide, page_size=1).next_page_token
        assert {row.user_id for row in ask(narrow, page_token=token).rows} <= {NORTHERNER}


def test_without_the_permission_there_is_no_report(reports):
    stub = reports(permission="customers.read")
    for ask in REPORTS.values():
        with pytest.raises(grpc.RpcError) as caught:
            ask(stub)
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
