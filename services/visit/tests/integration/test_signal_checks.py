from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google.type import latlng_pb2, money_pb2
from journeyman.types.v1 import position_pb2
from journeyman.visit.v1 import (
    attendance_pb2,
    attendance_pb2_grpc,
    tracks_pb2,
    tracks_pb2_grpc,
    violations_pb2,
    violations_pb2_grpc,
    work_policies_pb2,
    work_policies_pb2_grpc,
)
from sqlalchemy import text
from visit.signal_checks import SignalSweep

SHANGHAI = "00000000-0000-7000-8000-000000000003"
EIGHT = datetime(2026, 3, 2, tzinfo=UTC)
SHOP = position_pb2.Position(location=latlng_pb2.LatLng(latitude=31.23, longitude=121.47))


@pytest.fixture
def sweep(database, clock, units):
    return SignalSweep(database, clock, units)


def clock_in(field):
    with field.rep(attendance_pb2_grpc.AttendanceServiceStub) as stub:
        return stub.ClockIn(attendance_pb2.ClockInRequest())


def clock_out(field):
    with field.rep(attendance_pb2_grpc.AttendanceServiceStub) as stub:
        return stub.ClockOut(attendance_pb2.ClockOutRequest())


def send_track(field, *hours):
    """A position every five minutes in these spans of hours after eight."""
    request = tracks_pb2.AppendTrackPointsRequest()
    for first, last in hours:
        for minute in range(int(first * 60), int(last * 60) + 1, 5):
            point = request.points.add(position=SHOP)
            point.captured_time.FromDatetime(EIGHT + timedelta(minutes=minute))
    with field.rep(tracks_pb2_grpc.TrackServiceStub) as stub:
        assert not stub.AppendTrackPoints(request).refused


def violations(field):
    with field.manager(violations_pb2_grpc.ViolationServiceStub) as stub:
        request = violations_pb2.ListViolationsRequest(kind=violations_pb2.Violation.KIND_NO_SIGNAL)
        return sorted(stub.ListViolations(request).violations, key=lambda found: found.start_time.seconds)


def raised(database, what="violation"):
    query = text("SELECT count(*) FROM outbox WHERE type = :type")
    with database.reading() as connection:
        return connection.execute(query, {"type": f"journeyman.visit.{what}.raised.v1"}).scalar_one()


@pytest.mark.rule("R027")
def test_each_silence_of_a_day_is_a_violation_with_its_fine_once_the_day_is_over_R027(
    field, clock, sweep, database
):
    clock_in(field)
    clock.set(EIGHT + timedelta(hours=10, minutes=29, seconds=59))
    send_track(field, (0.5, 2), (3, 8), (9.5, 10))
    sweep.run()
    assert violations(field) == []
    clock.advance(timedelta(seconds=1))
    sweep.run()
    first, second = violations(field)
    assert first.start_time.ToDatetime(UTC) == EIGHT + timedelta(hours=2)
    assert first.end_time.ToDatetime(UTC) == EIGHT + timedelta(hours=3)
    assert second.start_time.ToDatetime(UTC) == EIGHT + timedelta(hours=8)
    assert first.fine == money_pb2.Money(currency_code="CNY", units=50)
    assert (first.rule_id, first.work_policy_id, first.unit_id) == ("R027", "", SHANGHAI)
    assert raised(database) == 2
    assert raised(database, "notice") == 4


def test_a_day_is_judged_once_by_however_many_sweeps(field, clock, sweep, database, units):
    clock_in(field)
    clock.set(EIGHT + timedelta(hours=11))
    sweeps = [sweep, *(SignalSweep(database, clock, units) for _ in range(3))]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: each.run(), sweeps))
    sweep.run()
    assert len(violations(field)) == 1
    assert raised(database) == 1


def test_a_person_who_has_clocked_out_is_not_watched_any_more(field, clock, sweep):
    clock_in(field)
    clock.set(EIGHT + timedelta(hours=4))
    send_track(field, (0.5, 4))
    clock_out(field)
    clock.set(EIGHT + timedelta(hours=11))
    sweep.run()
    assert violations(field) == []


def test_nobody_is_watched_on_a_day_off(field, clock, sweep):
    clock.set(EIGHT - timedelta(days=1))
    clock_in(field)
    clock.advance(timedelta(hours=20))
    sweep.run()
    assert violations(field) == []


def test_a_policy_set_during_the_day_decides_when_the_day_is_over_and_what_a_breach_costs(
    field, clock, sweep
):
    clock_in(field)
    policy = work_policies_pb2.WorkPolicy(
        unit_id=SHANGHAI,
        effective_date="2026-03-02",
        track_window_end="20:00",
        signal_gap_minutes=120,
        signal_gap_fine=money_pb2.Money(currency_code="CNY", units=20),
    )
    with field.manager(work_policies_pb2_grpc.WorkPolicyServiceStub) as stub:
        created = stub.CreateWorkPolicy(work_policies_pb2.CreateWorkPolicyRequest(work_policy=policy))
    clock.set(EIGHT + timedelta(hours=10, minutes=45))
    send_track(field, (0.5, 10))
    sweep.run()
    assert violations(field) == []
    clock.set(EIGHT + timedelta(hours=13))
    sweep.run()
    (found,) = violations(field)
    assert found.work_policy_id == created.id
    assert found.fine.units == 20
    assert found.start_time.ToDatetime(UTC) == EIGHT + timedelta(hours=10)


def test_a_day_that_cannot_be_judged_waits_and_holds_up_no_other(field, clock, database, units):
    clock_in(field)
    with field.rep(attendance_pb2_grpc.AttendanceServiceStub, who=SHANGHAI, unit=SHANGHAI) as stub:
        stub.ClockIn(attendance_pb2.ClockInRequest())
    clock.set(EIGHT + timedelta(hours=11))

    class Away:
        calls = 0

        def path(self, unit_id):
            self.calls += 1
            if self.calls == 1:
                raise ConnectionError
            return units.path(unit_id)

    recovering = SignalSweep(database, clock, Away())
    recovering.run()
    assert len(violations(field)) == 1
    recovering.run()
    assert len(violations(field)) == 2
