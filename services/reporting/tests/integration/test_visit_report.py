import pytest
from chassis.identifiers import new_id
from journeyman.reporting.v1 import reports_pb2

MONDAY, TUESDAY = "2026-03-02", "2026-03-03"


def asked(**fields):
    return reports_pb2.GetVisitReportRequest(**{"from_date": MONDAY, "to_date": TUESDAY, **fields})


@pytest.fixture
def follow_visit(following, visit):
    followed = following(visit)
    with followed.running():
        yield followed


def test_visits_are_counted_per_person_and_unit(visit, follow_visit, reports, facts):
    producer, _ = visit
    person, unit, stop, missed = new_id(), new_id(), new_id(), new_id()
    producer.publish(
        facts.plan(person, unit, [(stop, MONDAY), (missed, TUESDAY)]),
        facts.visit(person, unit, MONDAY, stop=stop),
        facts.visit(person, unit, MONDAY, valid=False),
        facts.visit(person, unit, TUESDAY, counted=False),
        facts.visit(person, unit, "2026-03-04"),
        facts.violation(person, unit, TUESDAY),
    )
    follow_visit.catch_up()
    report = reports().GetVisitReport(asked())
    assert list(report.rows) == [
        reports_pb2.VisitReport.Row(
            unit_id=unit,
            user_id=person,
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
    ]
    assert report.as_of.positions == {"visit": 6}
    assert report.as_of.HasField("as_of_time")
