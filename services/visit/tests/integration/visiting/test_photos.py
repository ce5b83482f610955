import hashlib
from datetime import UTC, timedelta

import grpc
import pytest
from chassis.access import Scope
from journeyman.visit.v1 import photos_pb2 as pb
from sqlalchemy import text

FRONT, DISPLAY = pb.Photo.KIND_FRONT, pb.Photo.KIND_DISPLAY
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(200))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(100)
WEST = "00000000-0000-7000-8000-0000000000a2"


@pytest.fixture
def wang(world):
    return world.person()


@pytest.fixture
def visit(world, wang):
    world.at(0, 9)
    return wang.with_checklist(world.customer(wang))


def get_photo(person, photo):
    return person.photos.GetPhoto(pb.GetPhotoRequest(photo_id=photo.id))


@pytest.mark.parametrize("body", [JPEG, PNG, WEBP])
def test_a_photo_is_sent_by_link_hashed_at_completion_and_fetched_by_link(wang, visit, fetch, body):
    photo = wang.take_photo(visit, DISPLAY, body)
    assert (photo.visit_id, photo.kind, photo.size_bytes) == (visit.id, DISPLAY, len(body))
    assert get_photo(wang, photo).sha256 == ""
    (kept,) = wang.complete(visit).photos
    assert (kept.id, kept.sha256) == (photo.id, hashlib.sha256(body).hexdigest())
    assert (kept.upload_url, kept.download_url) == ("", "")
    assert fetch(get_photo(wang, photo).download_url) == (200, body)


def test_a_photo_arrives_in_pieces(wang, visit, put):
    photo = wang.begin_photo(visit, FRONT, size=len(JPEG))
    first = put(photo.upload_url, JPEG[:100], {"Content-Range": f"bytes 0-99/{len(JPEG)}"})
    assert first[0] == 202
    rest = {"Content-Range": f"bytes 100-{len(JPEG) - 1}/{len(JPEG)}"}
    assert put(photo.upload_url, JPEG[100:], rest)[0] == 201
    (kept,) = wang.complete(visit).photos
    assert kept.sha256 == hashlib.sha256(JPEG).hexdigest()


@pytest.mark.rule("R022")
def test_a_photo_taken_before_the_checklist_is_refused_R022(world, wang, visit, refused):
    with refused() as refusal:
        wang.begin_photo(visit, DISPLAY, captured_at=world.clock.now() - timedelta(seconds=2))
    assert (refusal.status, refusal.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "PHOTO_BEFORE_CHECKLIST",
    )
    wang.begin_photo(visit, DISPLAY, captured_at=world.clock.now() - timedelta(seconds=1))


@pytest.mark.rule("R022")
@pytest.mark.parametrize("behind", [timedelta(seconds=30), timedelta(hours=2), -timedelta(minutes=5)])
def test_photos_and_checklist_are_compared_by_the_phones_own_clock_R022(world, wang, refused, behind):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    wang.check_in(visit)
    submitted_at = world.clock.now() - behind
    wang.submit_checklist(visit, captured_at=submitted_at)
    with refused() as refusal:
        wang.begin_photo(visit, DISPLAY, captured_at=submitted_at - timedelta(seconds=2))
    assert refusal.reason == "PHOTO_BEFORE_CHECKLIST"
    photo = wang.begin_photo(visit, DISPLAY, captured_at=submitted_at)
    assert photo.captured_time.ToDatetime(UTC) == submitted_at


@pytest.mark.rule("R022")
def test_a_phone_more_than_five_minutes_ahead_proves_nothing_R022(world, wang, refused):
    world.at(0, 9)
    visit = wang.open(world.customer(wang))
    wang.check_in(visit)
    ahead = world.clock.now() + timedelta(minutes=5, milliseconds=1)
    with refused() as refusal:
        wang.submit_checklist(visit, captured_at=ahead)
    assert refusal.fields == [("capturedTime", "CLOCK_AHEAD")]
    wang.submit_checklist(visit)
    with refused() as refusal:
        wang.begin_photo(visit, DISPLAY, captured_at=ahead)
    assert refusal.fields == [("capturedTime", "CLOCK_AHEAD")]


def test_completion_waits_for_an_upload_that_would_change_the_verdict(wang, visit, put, refused):
    wang.take_photo(visit, FRONT)
    display = wang.begin_photo(visit, DISPLAY, size=len(JPEG))
    put(display.upload_url, JPEG[:100], {"Content-Range": f"bytes 0-99/{len(JPEG)}"})
    with refused() as refusal:
        wang.complete(visit)
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "UPLOAD_INCOMPLETE")
    assert display.id in refusal.words
    rest = {"Content-Range": f"bytes 100-{len(JPEG) - 1}/{len(JPEG)}"}
    put(display.upload_url, JPEG[100:], rest)
    assert wang.complete(visit).valid


def test_an_upload_given_up_for_another_photo_is_left_out(wang, visit, refused):
    given_up = wang.begin_photo(visit, FRONT)
    wang.take_photo(visit, FRONT)
    taken = wang.take_photo(visit, DISPLAY)
    completed = wang.complete(visit)
    assert completed.valid
    assert [photo.id for photo in completed.photos][-1] == taken.id
    assert len(completed.photos) == 2
    with refused() as refusal:
        get_photo(wang, given_up)
    assert refusal.status is grpc.StatusCode.NOT_FOUND


@pytest.mark.rule("R023")
def test_a_display_photo_whose_link_has_expired_no_longer_holds_up_the_verdict_R023(world, wang, visit):
    wang.take_photo(visit, FRONT)
    wang.begin_photo(visit, DISPLAY)
    with world.database.begin() as connection:
        connection.execute(text("UPDATE photos SET upload_expires_at = now() - interval '1 second'"))
    completed = wang.complete(visit)
    assert not completed.valid
    assert len(completed.photos) == 1


def test_what_is_no_picture_is_refused_by_the_link(wang, visit, put):
    photo = wang.begin_photo(visit, DISPLAY, size=100)
    assert put(photo.upload_url, b"%PDF-1.7\n\x00" + bytes(90))[0] == 415


def test_a_photo_is_no_larger_than_announced(wang, visit, put):
    photo = wang.begin_photo(visit, DISPLAY, size=len(JPEG) - 1)
    assert put(photo.upload_url, JPEG)[0] == 413


@pytest.mark.parametrize("size", [0, -1, 15 * 1024 * 1024 + 1])
def test_a_photo_has_at_most_15_megabytes(wang, visit, refused, size):
    with refused() as refusal:
        wang.begin_photo(visit, DISPLAY, size=size)
    assert [field for field, _ in refusal.fields] == ["sizeBytes"]


def test_a_photo_that_has_not_arrived_has_no_link_to_fetch_it_by(wang, visit):
    assert get_photo(wang, wang.begin_photo(visit, FRONT)).download_url == ""


def test_photos_are_seen_inside_the_scope_and_sent_by_the_visits_person_alone(world, wang, visit, refused):
    photo = wang.take_photo(visit, FRONT)
    manager = world.person(scope=Scope.UNIT)
    assert get_photo(manager, photo).id == photo.id
    with refused() as refusal:
        manager.begin_photo(visit, FRONT)
    assert refusal.status is grpc.StatusCode.NOT_FOUND
    for stranger in (world.person(), world.person(unit=WEST, scope=Scope.SUBTREE)):
        with refused() as refusal:
            get_photo(stranger, photo)
        assert refusal.status is grpc.StatusCode.NOT_FOUND
