from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import latlng_pb2
from journeyman.types.v1 import position_pb2
from journeyman.visit.v1 import tracks_pb2 as pb
from journeyman.visit.v1 import tracks_pb2_grpc, work_policies_pb2, work_policies_pb2_grpc

from chassis import geo

EAST = "00000000-0000-7000-8000-000000000002"
HANGZHOU = "00000000-0000-7000-8000-000000000004"
REP = "00000000-0000-7000-8000-0000000000a1"
OTHER_REP = "00000000-0000-7000-8000-0000000000a2"
TRACKS = tracks_pb2_grpc.TrackServiceStub
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
REASONS = pb.RefusedPoint


@pytest.fixture(autouse=True)
def at_noon(clock):
    clock.set(NOON)


def point(moment=NOON, latitude=31.23, longitude=121.47, **fields):
    place = position_pb2.Position(
        location=latlng_pb2.LatLng(latitude=latitude, longitude=longitude), **fields
    )
    made = pb.TrackPoint(position=place)
    made.captured_time.FromDatetime(moment)
    return made


def append(field, *points, who=REP):
    with field.rep(TRACKS, who=who) as stub:
        return stub.AppendTrackPoints(pb.AppendTrackPointsRequest(points=points, device_id="phone-1"))


def listed(field, **fields):
    with field.manager(TRACKS) as stub:
        return stub.ListTrackPoints(pb.ListTrackPointsRequest(user_id=REP, on_date="2026-03-02", **fields))


def test_points_come_back_oldest_first_to_the_microsecond_in_wgs84(field):
    exact = NOON + timedelta(microseconds=123457)
    sent = append(field, point(exact, accuracy_meters=12.5), point(NOON - timedelta(hours=1)))
    assert (sent.accepted_count, sent.duplicate_count, len(sent.refused)) == (2, 0, 0)
    first, second = listed(field).points
    assert first.captured_time.ToDatetime(UTC) == NOON - timedelta(hours=1)
    assert second.captured_time.ToDatetime(UTC) == exact
    assert second.position.location == latlng_pb2.LatLng(latitude=31.23, longitude=121.47)
    assert second.position.accuracy_meters == 12.5
    assert second.position.datum == position_pb2.DATUM_WGS84


def test_of_a_phone_that_was_replaced_the_points_up_to_then_are_kept(field):
    replaced_at = NOON - timedelta(minutes=10)
    claims = {"device": "former", "captured_until": replaced_at.timestamp()}
    points = [point(replaced_at), point(replaced_at + timedelta(seconds=1))]
    with field.rep(TRACKS, claims=claims) as stub:
        sent = stub.AppendTrackPoints(pb.AppendTrackPointsRequest(points=points, device_id="former"))
    assert sent.accepted_count == 1
    assert [(each.index, each.reason) for each in sent.refused] == [(1, REASONS.REASON_DEVICE_REPLACED)]


@pytest.mark.parametrize(
    ("datum", "offset"),
    [(position_pb2.DATUM_GCJ02, geo.wgs84_to_gcj02), (position_pb2.DATUM_BD09, geo.wgs84_to_bd09)],
)
def test_a_position_of_a_chinese_map_is_kept_in_wgs84(field, datum, offset):
    true = geo.Position(31.23, 121.47)
    seen = offset(true)
    append(field, point(latitude=seen.latitude, longitude=seen.longitude, datum=datum))
    (kept,) = listed(field).points
    found = geo.Position(kept.position.location.latitude, kept.position.location.longitude)
    assert geo.distance(found, true) < 0.5


def test_sending_a_batch_again_in_any_order_or_in_pieces_changes_nothing(field):
    points = [point(NOON - number * timedelta(minutes=1)) for number in range(10)]
    assert append(field, *points).accepted_count == 10
    again = append(field, *reversed(points), points[0])
    assert (again.accepted_count, again.duplicate_count) == (0, 11)
    pieces = [append(field, *points[first : first + 3]) for first in (0, 3, 6, 9)]
    assert sum(piece.duplicate_count for piece in pieces) == 10
    assert len(listed(field).points) == 10


def test_a_batch_sent_twice_at_once_in_opposite_orders_is_kept_once(field):
    points = [point(NOON - number * timedelta(seconds=1)) for number in range(1000)]
    with field.rep(TRACKS) as stub, ThreadPoolExecutor(4) as phones:
        for first in range(0, 1000, 250):
            piece = points[first : first + 250]
            sent = [piece, piece[::-1], piece, piece[::-1]]
            answers = list(
                phones.map(
                    lambda each: stub.AppendTrackPoints(pb.AppendTrackPointsRequest(points=each)), sent
                )
            )
            assert sum(answer.accepted_count for answer in answers) == 250
            assert sum(answer.duplicate_count for answer in answers) == 750


def test_two_people_may_be_somewhere_at_the_same_moment(field):
    assert append(field, point()).accepted_count == 1
    assert append(field, point(), who=OTHER_REP).accepted_count == 1


@pytest.mark.rule("R002")
def test_each_bad_point_is_refused_alone_with_its_reason_R002(field):
    week = timedelta(days=7)
    without_time = point()
    without_time.ClearField("captured_time")
    answer = append(
        field,
        point(),
        pb.TrackPoint(captured_time=Timestamp(seconds=int(NOON.timestamp()))),
        point(latitude=90.5),
        point(longitude=float("nan")),
        point(datum=7),
        without_time,
        point(NOON + timedelta(minutes=5, microseconds=1)),
        point(NOON - week - timedelta(microseconds=1)),
        point(datetime(1970, 1, 1, tzinfo=UTC)),
        pb.TrackPoint(captured_time=Timestamp(seconds=10**17, nanos=-5), position=point().position),
        point(NOON - timedelta(hours=4)),
        point(NOON - timedelta(days=1)),
        point(NOON - timedelta(hours=1)),
    )
    assert answer.accepted_count == 2
    assert [(item.index, item.reason) for item in answer.refused] == [
        (1, REASONS.REASON_IMPOSSIBLE_POSITION),
        (2, REASONS.REASON_IMPOSSIBLE_POSITION),
        (3, REASONS.REASON_IMPOSSIBLE_POSITION),
        (4, REASONS.REASON_IMPOSSIBLE_POSITION),
        (5, REASONS.REASON_CLOCK_AHEAD),
        (6, REASONS.REASON_CLOCK_AHEAD),
        (7, REASONS.REASON_CLOCK_BEHIND),
        (8, REASONS.REASON_CLOCK_BEHIND),
        (9, REASONS.REASON_CLOCK_AHEAD),
        (10, REASONS.REASON_OUTSIDE_WORKING_TIME),
        (11, REASONS.REASON_OUTSIDE_WORKING_TIME),
    ]


@pytest.mark.rule("R002")
def test_the_policy_of_each_day_sets_its_working_hours_R002(field, clock):
    policy = work_policies_pb2.WorkPolicy(
        unit_id=EAST, effective_date="2026-03-03", track_window_start="09:00", track_window_end="12:00"
    )
    with field.manager(work_policies_pb2_grpc.WorkPolicyServiceStub, unit=EAST) as stub:
        stub.CreateWorkPolicy(work_policies_pb2.CreateWorkPolicyRequest(work_policy=policy))
    clock.advance(timedelta(days=1, hours=1))
    monday, tuesday = NOON + timedelta(minutes=30), NOON + timedelta(days=1, minutes=30)
    answer = append(field, point(monday), point(tuesday))
    assert answer.accepted_count == 1
    assert [(each.index, each.reason) for each in answer.refused] == [
        (1, REASONS.REASON_OUTSIDE_WORKING_TIME)
    ]


@pytest.mark.parametrize("vague", [-1, 0, float("inf"), float("nan"), 1.7e308, 1e39, 1e-46, 5e-324])
def test_a_measure_that_no_phone_makes_is_kept_as_zero_and_costs_no_other_point(field, vague):
    unsure = point(accuracy_meters=vague)
    unsure.speed_mps = vague
    assert append(field, unsure, point(NOON - timedelta(minutes=1))).accepted_count == 2
    kept = listed(field).points[-1]
    assert (kept.position.accuracy_meters, kept.speed_mps) == (0, 0)


@pytest.mark.parametrize("day", ["2026-02-30", "0001-01-01", "9999-12-31"])
def test_the_track_of_a_day_that_has_no_instants_is_refused(field, refused, day):
    with field.manager(TRACKS) as stub, refused() as refusal:
        stub.ListTrackPoints(pb.ListTrackPointsRequest(user_id=REP, on_date=day))
    assert refusal.fields == [("onDate", "NO_SUCH_DATE")]


def test_a_batch_over_the_turn_of_a_month_is_kept(field, clock):
    clock.set(datetime(2026, 4, 1, 4, tzinfo=UTC))
    answer = append(
        field, point(datetime(2026, 3, 31, 4, tzinfo=UTC)), point(datetime(2026, 4, 1, 3, tzinfo=UTC))
    )
    assert answer.accepted_count == 2


def test_a_machine_has_no_track(field, refused):
    with field.calling(TRACKS, "tracks.append", person=False) as stub, refused() as refusal:
        stub.AppendTrackPoints(pb.AppendTrackPointsRequest(points=[point()]))
    assert refusal.reason == "PERSON_REQUIRED"


def test_a_track_is_paged(field):
    moments = [NOON - number * timedelta(seconds=10) for number in range(7)]
    append(field, *map(point, moments))
    found, token = [], ""
    while True:
        page = listed(field, page_size=3, page_token=token)
        found += [item.captured_time.ToDatetime(UTC) for item in page.points]
        token = page.next_page_token
        if not token:
            break
    assert found == sorted(moments)


def test_the_track_of_somebody_outside_the_scope_is_empty(field):
    append(field, point())
    request = pb.ListTrackPointsRequest(user_id=REP, on_date="2026-03-02")
    for caller, count in [
        (field.manager(TRACKS, unit=EAST), 1),
        (field.rep(TRACKS), 1),
        (field.manager(TRACKS, unit=HANGZHOU), 0),
        (field.rep(TRACKS, who=OTHER_REP), 0),
    ]:
        with caller as stub:
            assert len(stub.ListTrackPoints(request).points) == count


def test_a_day_that_does_not_exist_is_refused_by_field(field, refused):
    with field.manager(TRACKS) as stub, refused() as refusal:
        stub.ListTrackPoints(pb.ListTrackPointsRequest(user_id=REP, on_date="2026-02-30"))
    assert refusal.fields == [("onDate", "NO_SUCH_DATE")]
