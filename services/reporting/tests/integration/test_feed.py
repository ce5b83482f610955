"""Read models by the real feed: outbox, relay, gRPC, consumer; and what befalls them."""

import os
import subprocess
import sys

import pytest
from chassis.identifiers import new_id
from journeyman.reporting.v1 import reports_pb2
from reporting.freshness.rebuild import READ_MODELS, rebuild
from sqlalchemy import text

MONDAY, TUESDAY = "2026-03-02", "2026-03-03"
UNIT = "00000000-0000-7000-8000-0000000000a1"

VISITS = reports_pb2.GetVisitReportRequest(from_date=MONDAY, to_date=TUESDAY)
CUSTOMERS = reports_pb2.GetCustomerReportRequest()
ATTENDANCE = reports_pb2.GetAttendanceReportRequest(from_date=MONDAY, to_date=TUESDAY)
VISIT_DEAD_LETTERS = text("SELECT position FROM dead_letters WHERE consumer = 'reporting-visit'")


@pytest.fixture
def feeds(visit, customer, identity, marketing, following):
    """The producers by name, and reporting's consumers of them."""
    producers = {producer.name: producer for producer, _ in (visit, customer, identity, marketing)}
    return producers, following(visit, customer, identity, marketing)


def a_week(facts, people):
    stops = {person: new_id() for person in people}
    for person in people:
        yield facts.attendance(person, UNIT, MONDAY)
        yield facts.visit(person, UNIT, MONDAY, stop=stops[person])
        yield facts.plan(person, UNIT, [(stops[person], MONDAY), (new_id(), TUESDAY)])
        yield facts.visit(person, UNIT, TUESDAY, valid=False)
        yield facts.violation(person, UNIT, TUESDAY)


def contents(database):
    with database.reading() as connection:
        return {
            table: sorted(tuple(map(str, row)) for row in connection.execute(text(f"SELECT * FROM {table}")))
            for table in READ_MODELS
        }


def test_what_services_publish_is_reported(feeds, reports, facts):
    producers, consumers = feeds
    people = [new_id() for _ in range(3)]
    with consumers.running():
        producers["identity"].publish(*[facts.user(person, UNIT) for person in people])
        producers["customer"].publish(*[facts.customer(person, UNIT) for person in people])
        producers["visit"].publish(*a_week(facts, people))
        consumers.catch_up()
    stub = reports()
    visits, customers = stub.GetVisitReport(VISITS), stub.GetCustomerReport(CUSTOMERS)
    assert [(row.visit_count, row.valid_count, row.call_compliance) for row in visits.rows] == [
        (2, 1, 0.5)
    ] * 3
    assert [row.active_count for row in customers.rows] == [1] * 3
    assert [row.on_time_count for row in stub.GetAttendanceReport(ATTENDANCE).rows] == [1] * 3


def test_a_report_says_how_fresh_it_is(feeds, reports, facts):
    producers, consumers = feeds
    stub = reports()
    assert stub.GetVisitReport(VISITS).as_of == reports_pb2.Freshness()
    producers["visit"].publish(facts.visit(new_id(), UNIT, MONDAY))
    with consumers.running():
        consumers.catch_up()
        before = stub.GetVisitReport(VISITS).as_of
        producers["visit"].publish(facts.visit(new_id(), UNIT, MONDAY))
        consumers.catch_up()
    after = stub.GetVisitReport(VISITS).as_of
    assert (before.positions, after.positions) == ({"visit": 1}, {"visit": 2})
    assert before.as_of_time.ToDatetime() < after.as_of_time.ToDatetime()
    both = stub.GetAttendanceReport(ATTENDANCE).as_of
    assert both.positions == {"visit": 2, "identity": 0}


def test_an_answer_is_as_fresh_as_its_stalest_source(database, reports):
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO consumer_positions (consumer, source, position, caught_up_at) VALUES"
                " ('reporting-visit', 'visit', 7, '2026-03-02T10:00Z'),"
                " ('directory', 'identity', 3, '2026-03-02T09:00Z')"
            )
        )
    stub = reports()
    assert stub.GetVisitReport(VISITS).as_of.as_of_time.ToJsonString() == "2026-03-02T10:00:00Z"
    assert stub.GetAttendanceReport(ATTENDANCE).as_of.as_of_time.ToJsonString() == "2026-03-02T09:00:00Z"
    with database.begin() as connection:
        connection.execute(
            text("UPDATE consumer_positions SET caught_up_at = NULL WHERE source = 'identity'")
        )
    stale = stub.GetAttendanceReport(ATTENDANCE).as_of
    assert not stale.HasField("as_of_time")
    assert stale.positions == {"visit": 7, "identity": 3}


def test_reports_go_on_when_redis_loses_everything(feeds, reports, facts, redis_client):
    producers, consumers = feeds
    with consumers.running():
        producers["visit"].publish(*a_week(facts, [new_id()]))
        consumers.catch_up()
        redis_client.flushdb()
        producers["visit"].publish(*a_week(facts, [new_id()]))
        consumers.catch_up()
    assert len(reports().GetVisitReport(VISITS).rows) == 2


def test_a_bad_event_is_parked_and_the_others_count(feeds, reports, facts, database):
    producers, consumers = feeds
    good = [facts.visit(new_id(), UNIT, MONDAY) for _ in range(4)]
    bad = facts.visit("nobody", UNIT, MONDAY)
    with consumers.running():
        producers["visit"].publish(*good[:2], bad, *good[2:])
        consumers.catch_up()
    assert len(reports().GetVisitReport(VISITS).rows) == 4
    with database.reading() as connection:
        assert connection.execute(VISIT_DEAD_LETTERS).scalars().all() == [3]


def test_a_parked_event_is_replayed_behind_newer_ones(feeds, reports, facts, database):
    """A plan is parked while it cannot be stored; its amendment wins, whenever the plan is replayed."""
    producers, consumers = feeds
    person, plan, other = new_id(), new_id(), new_id()
    with database.begin() as connection:
        # another plan has the stop: the table refuses it
        connection.execute(
            text(
                "INSERT INTO planned_stops (id, plan_id, user_id, unit_id, visit_date)"
                f" VALUES ('{other}', '{new_id()}', '{new_id()}', '{new_id()}', '2020-01-01')"
            )
        )
    with consumers.running():
        for version, stops in enumerate([[other, new_id()], [new_id()]], start=1):
            planned = [(stop, MONDAY) for stop in stops]
            producers["visit"].publish(facts.plan(person, UNIT, planned, plan_id=plan, version=version))
            consumers.catch_up()
        with database.begin() as connection:
            assert connection.execute(VISIT_DEAD_LETTERS).scalars().all() == [1]
            connection.execute(text("UPDATE dead_letters SET replay_requested = true"))
        producers["visit"].publish(facts.violation(person, UNIT, MONDAY))
        consumers.catch_up()
    with database.reading() as connection:
        assert connection.execute(VISIT_DEAD_LETTERS).scalars().all() == []
    (row,) = reports().GetVisitReport(VISITS).rows
    assert (row.planned_count, row.violation_count) == (1, 1)


def test_a_producer_with_another_history_is_not_followed(feeds, reports, facts, until):
    producers, consumers = feeds
    visit = producers["visit"]
    with consumers.running():
        visit.publish(facts.visit(new_id(), UNIT, MONDAY))
        consumers.catch_up()
        restore_from_backup(visit.database)
        visit.publish(facts.visit(new_id(), UNIT, MONDAY))
        pulls = consumers.pulls("visit")
        until(lambda: consumers.pulls("visit") > pulls + 1)
    report = reports().GetVisitReport(VISITS)
    assert report.as_of.positions == {"visit": 1}
    assert len(report.rows) == 1


def restore_from_backup(database):
    with database.begin() as connection:
        connection.execute(text("UPDATE outbox_head SET epoch = gen_random_uuid()"))


def test_a_rebuilt_model_equals_the_one_before(feeds, reports, facts, database):
    producers, consumers = feeds
    people = [new_id() for _ in range(5)]
    with consumers.running():
        for _ in range(3):
            producers["visit"].publish(*a_week(facts, people))
            producers["customer"].publish(*[facts.customer(person, UNIT) for person in people])
            producers["marketing"].publish(facts.budget(UNIT, 1))
        consumers.catch_up()
        before, report = contents(database), reports().GetVisitReport(VISITS)
        rebuild(database)
        consumers.catch_up()
    assert contents(database) == before
    assert list(reports().GetVisitReport(VISITS).rows) == list(report.rows)
    assert all(before.values())


def test_a_report_does_not_claim_to_be_fresh_while_it_is_rebuilt(feeds, reports, facts, database):
    producers, consumers = feeds
    with consumers.running():
        producers["visit"].publish(facts.visit(new_id(), UNIT, MONDAY))
        consumers.catch_up()
    rebuild(database)
    as_of = reports().GetVisitReport(VISITS).as_of
    assert as_of.positions == {"visit": 0}
    assert not as_of.HasField("as_of_time")


def test_an_operator_rebuilds_by_command(feeds, facts, database, tmp_path):
    producers, consumers = feeds
    with consumers.running():
        producers["visit"].publish(facts.visit(new_id(), UNIT, MONDAY))
        consumers.catch_up()
    address = "127.0.0.1:1"
    settings = {
        "DATABASE_URL": database._url,
        "REDIS_URL": os.environ["JOURNEYMAN_TEST_REDIS_URL"],
        "LISTEN": address,
        "OPS_LISTEN": address,
        "STATE_FOLDER": str(tmp_path),
        "IDENTITY_TARGET": address,
        "CUSTOMER_TARGET": address,
        "VISIT_TARGET": address,
        "MARKETING_TARGET": address,
        "CLIENT_ID": "reporting",
        "CLIENT_SECRET": "secret",
    }
    environment = os.environ | {f"JOURNEYMAN_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "reporting", "ops", "rebuild"]
    subprocess.run(command, check=True, env=environment)
    assert not any(contents(database).values())
