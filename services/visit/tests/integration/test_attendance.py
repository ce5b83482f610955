from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import latlng_pb2
from journeyman.notices.v1.events_pb2 import NoticeRaised
from journeyman.types.v1 import position_pb2
from journeyman.visit.v1 import attendance_pb2 as pb
from journeyman.visit.v1 import attendance_pb2_grpc, events_pb2, violations_pb2, violations_pb2_grpc
from sqlalchemy import text

EAST = "00000000-0000-7000-8000-000000000002"
SHANGHAI = "00000000-0000-7000-8000-000000000003"
HANGZHOU = "00000000-0000-7000-8000-000000000004"
REP = "00000000-0000-7000-8000-0000000000a1"
OTHER_REP = "00000000-0000-7000-8000-0000000000a2"
ATTENDANCE = attendance_pb2_grpc.AttendanceServiceStub
VIOLATIONS = violations_pb2_grpc.ViolationServiceStub
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)  # 08:00 in Shanghai
SHOP = position_pb2.Position(location=latlng_pb2.LatLng(latitude=31.23, longitude=121.47), accuracy_meters=12)


def clock_in(field, **fields):
    with field.rep(ATTENDANCE) as stub:
        return stub.ClockIn(pb.ClockInRequest(**fields))


def clock_out(field, **fields):
    with field.rep(ATTENDANCE) as stub:
        return stub.ClockOut(pb.ClockOutRequest(**fields))


def facts(database, type_, message):
    query = text("SELECT data, aggregate_version FROM outbox WHERE type LIKE :type ORDER BY seq")
    with database.reading() as connection:
        rows = connection.execute(query, {"type": f"journeyman.visit.{type_}.v1"}).all()
    found = []
    for row in rows:
        packed, data = Any.FromString(row.data), message()
        assert packed.Unpack(data)
        found.append((row.aggregate_version, data))
    return found


@pytest.mark.rule("R007")
@pytest.mark.parametrize(
    ("minutes", "result"),
    [(30, pb.AttendanceDay.CLOCK_IN_RESULT_ON_TIME), (31, pb.AttendanceDay.CLOCK_IN_RESULT_LATE)],
)
def test_a_clock_in_is_on_time_up_to_half_past_eight_R007(field, clock, minutes, result):
    clock.advance(timedelta(minutes=minutes))
    day = clock_in(field)
    assert day.clock_in_result == result
    assert (day.work_date, day.user_id, day.unit_id) == ("2026-03-02", REP, SHANGHAI)


@pytest.mark.rule("R008")
@pytest.mark.parametrize(
    ("time", "result"),
    [
        (timedelta(hours=9, minutes=59), pb.AttendanceDay.CLOCK_OUT_RESULT_EARLY),
        (timedelta(hours=10), pb.AttendanceDay.CLOCK_OUT_RESULT_ON_TIME),
    ],
)
def test_a_clock_out_is_early_before_six_R008(field, clock, time, result):
    clock_in(field)
    clock.advance(time)
    assert clock_out(field).clock_out_result == result


@pytest.mark.rule("R009")
def test_the_first_clock_in_and_the_last_clock_out_of_a_day_count_R009(field, clock, database):
    first = clock_in(field, position=SHOP, device_id="phone-1")
    clock.advance(timedelta(hours=3))
    assert clock_in(field, device_id="phone-2") == first
    clock_out(field)
    clock.advance(timedelta(hours=7))
    day = clock_out(field, position=SHOP)
    clock.advance(-timedelta(minutes=1))  # a call that was overtaken
    assert clock_out(field) == day
    assert day.id == first.id
    assert day.clock_in_time.ToDatetime(UTC) == MONDAY
    assert day.clock_in_position.location == SHOP.location
    assert day.clock_out_time.ToDatetime(UTC) == MONDAY + timedelta(hours=10)
    recorded = facts(database, "attendance_day.recorded", events_pb2.AttendanceDayRecorded)
    assert [(version, data.clock_out_result) for version, data in recorded] == [
        (1, ""),
        (2, "EARLY"),
        (3, "ON_TIME"),
    ]


@pytest.mark.rule("R009")
def test_several_phones_at_once_make_one_day_and_one_violation_R009(field, clock, database):
    clock.advance(timedelta(hours=1))
    with field.rep(ATTENDANCE) as stub, ThreadPoolExecutor(8) as phones:
        days = list(
            phones.map(lambda number: stub.ClockIn(pb.ClockInRequest(device_id=f"{number}")), range(16))
        )
    assert len({day.id for day in days}) == 1
    assert len(facts(database, "attendance_day.recorded", events_pb2.AttendanceDayRecorded)) == 1
    assert len(facts(database, "violation.raised", events_pb2.ViolationRaised)) == 1


def test_a_late_begin_is_told_to_the_person_and_once_a_day_to_the_nearest_manager(field, clock, database):
    clock.advance(timedelta(hours=1))
    clock_in(field)
    clock_in(field)
    (_, person), (_, manager) = facts(database, "notice.raised", NoticeRaised)
    [(_, violation)] = facts(database, "violation.raised", events_pb2.ViolationRaised)
    assert (person.template, list(person.recipient_ids)) == ("violations.found", [REP])
    assert dict(person.parameters) == {"date": "2026-03-02", "kind": "LATE_CLOCK_IN"}
    assert person.dedupe_key == f"violations.found/{violation.violation_id}"
    assert (manager.recipient_permission, manager.recipient_unit_id) == ("violations.read", SHANGHAI)
    assert manager.nearest_only
    assert manager.passed_over_ids == person.recipient_ids
    assert manager.dedupe_key == f"violations.foundInTeam/{SHANGHAI}/2026-03-02"


@pytest.mark.rule("R002")
def test_attendance_is_taken_at_any_hour_R002(field, clock):
    clock.set(datetime(2026, 3, 1, 15, 59, tzinfo=UTC))  # Sunday, 23:59
    day = clock_in(field, position=SHOP)
    assert day.work_date == "2026-03-01"
    assert day.clock_in_result == pb.AttendanceDay.CLOCK_IN_RESULT_DAY_OFF
    assert clock_out(field).clock_out_result == pb.AttendanceDay.CLOCK_OUT_RESULT_DAY_OFF


@pytest.mark.rule("R030")
def test_a_late_clock_in_is_a_violation_without_a_fine_R030(field, clock):
    clock.advance(timedelta(minutes=47))
    day = clock_in(field)
    with field.manager(VIOLATIONS) as stub:
        (found,) = stub.ListViolations(violations_pb2.ListViolationsRequest()).violations
        assert stub.GetViolation(violations_pb2.GetViolationRequest(violation_id=found.id)) == found
    assert found.kind == violations_pb2.Violation.KIND_LATE_CLOCK_IN
    assert (found.rule_id, found.work_date, found.user_id) == ("R007", "2026-03-02", REP)
    assert found.start_time.ToDatetime(UTC) == MONDAY + timedelta(minutes=30)
    assert found.end_time == day.clock_in_time
    assert not found.HasField("fine")


def test_the_policy_of_the_persons_unit_sets_the_deadline(field, clock, database):
    insert = text(
        "INSERT INTO work_policies VALUES (gen_random_uuid(), :unit, '2026-03-02', '09:15', '17:30',"
        " '08:30', '18:00', 30, 5000, 'CNY', true, now())"
    )
    with database.begin() as connection:
        connection.execute(insert, {"unit": EAST})
    clock.advance(timedelta(minutes=75))
    assert clock_in(field).clock_in_result == pb.AttendanceDay.CLOCK_IN_RESULT_ON_TIME
    clock.advance(timedelta(hours=8, minutes=15))
    assert clock_out(field).clock_out_result == pb.AttendanceDay.CLOCK_OUT_RESULT_ON_TIME


def test_clocking_out_needs_a_clock_in_of_the_same_day(field, clock, refused):
    clock_in(field)
    clock.advance(timedelta(hours=16))  # midnight
    with refused() as refusal:
        clock_out(field)
    assert refusal.reason == "NOT_CLOCKED_IN"


def test_a_machine_cannot_clock_in(field, refused):
    calling = field.calling(ATTENDANCE, "attendance.clock", person=False)
    with calling as stub, refused() as refusal:
        stub.ClockIn(pb.ClockInRequest())
    assert refusal.reason == "PERSON_REQUIRED"


def test_what_the_phone_cannot_mean_is_refused_by_field(field, refused):
    nowhere = position_pb2.Position(location=latlng_pb2.LatLng(latitude=91, longitude=121))
    with refused() as refusal:
        clock_in(field, position=nowhere)
    assert refusal.fields == [("position", "IMPOSSIBLE_POSITION")]
    with refused() as refusal:
        clock_in(field, captured_time=Timestamp(seconds=10**17))
    assert refusal.fields == [("capturedTime", "NO_SUCH_TIME")]


def test_days_and_violations_outside_the_scope_do_not_exist(field, clock, refused):
    clock.advance(timedelta(hours=1))
    day = clock_in(field)
    with field.rep(ATTENDANCE, who=OTHER_REP) as stub, refused() as refusal:
        stub.GetAttendanceDay(pb.GetAttendanceDayRequest(attendance_day_id=day.id))
    assert refusal.reason == "NOT_FOUND"
    for caller, seen in [(field.manager, 1), (field.rep, 1)]:
        with caller(ATTENDANCE) as stub:
            assert len(stub.ListAttendanceDays(pb.ListAttendanceDaysRequest()).attendance_days) == seen
    with field.manager(ATTENDANCE, unit=HANGZHOU) as stub:
        assert not stub.ListAttendanceDays(pb.ListAttendanceDaysRequest()).attendance_days
    with field.manager(VIOLATIONS, unit=HANGZHOU) as stub:
        assert not stub.ListViolations(violations_pb2.ListViolationsRequest()).violations


def test_days_are_listed_newest_first_page_by_page(field, clock):
    for _ in range(5):
        clock_in(field)
        clock.advance(timedelta(days=1))
    request = pb.ListAttendanceDaysRequest(
        page_size=2, user_id=REP, from_date="2026-03-03", to_date="2026-03-05"
    )
    with field.manager(ATTENDANCE, unit=EAST) as stub:
        first = stub.ListAttendanceDays(request)
        request.page_token = first.next_page_token
        rest = stub.ListAttendanceDays(request)
    dates = [day.work_date for day in (*first.attendance_days, *rest.attendance_days)]
    assert dates == ["2026-03-05", "2026-03-04", "2026-03-03"]
    assert rest.next_page_token == ""


def test_violations_are_filtered_by_kind(field, clock):
    clock.advance(timedelta(hours=1))
    clock_in(field)
    kinds = violations_pb2.Violation
    with field.manager(VIOLATIONS) as stub:
        for kind, count in [(kinds.KIND_LATE_CLOCK_IN, 1), (kinds.KIND_NO_SIGNAL, 0)]:
            answer = stub.ListViolations(violations_pb2.ListViolationsRequest(kind=kind))
            assert len(answer.violations) == count


@pytest.mark.rule("R032")
def test_what_a_bound_phone_sends_is_kept_under_its_own_id_R032(field, database):
    with field.rep(ATTENDANCE, claims={"device": "bound-phone"}) as stub:
        stub.ClockIn(pb.ClockInRequest(device_id="somebody-elses"))
    with field.rep(ATTENDANCE) as stub:
        stub.ClockOut(pb.ClockOutRequest(device_id="no-phone-of-theirs"))
    with database.reading() as connection:
        query = "SELECT clock_in_device_id, clock_out_device_id FROM attendance_days"
        assert connection.execute(text(query)).one() == ("bound-phone", "no-phone-of-theirs")
