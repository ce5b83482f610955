import os
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from chassis.clock import FileClock, FixedClock, SystemClock, write_clock_file
from hypothesis import given
from hypothesis import strategies as st

MONDAY = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
A_MOMENT = timedelta(seconds=30)


def test_the_system_clock_tells_aware_utc():
    assert SystemClock().now().tzinfo is UTC
    assert abs(SystemClock().now() - datetime.now(UTC)) < A_MOMENT


def test_a_fixed_clock_stands_still_until_it_is_set_or_advanced():
    clock = FixedClock(MONDAY)
    assert clock.now() == clock.now() == MONDAY
    clock.advance(timedelta(hours=1))
    assert clock.now() == MONDAY + timedelta(hours=1)
    clock.set(datetime(2026, 3, 3, 8, 30, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2026, 3, 3, 0, 30, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="without an offset"):
        FixedClock(datetime(2026, 3, 2))  # noqa: DTZ001 - the defect under test


def test_a_file_clock_without_a_file_is_real_time(tmp_path: Path):
    assert abs(FileClock(tmp_path / "clock").now() - datetime.now(UTC)) < A_MOMENT


def test_a_file_clock_runs_on_from_the_instant_in_the_file(tmp_path: Path):
    write_clock_file(tmp_path / "clock", MONDAY)
    clock = FileClock(tmp_path / "clock")
    first = clock.now()
    assert MONDAY <= first < MONDAY + A_MOMENT
    assert clock.now() > first


def test_a_file_clock_at_rate_zero_stands_still(tmp_path: Path):
    write_clock_file(tmp_path / "clock", MONDAY, rate=0)
    clock = FileClock(tmp_path / "clock")
    assert clock.now() == clock.now() == MONDAY


def test_a_file_clock_runs_at_the_rate_of_the_file(tmp_path: Path):
    path = tmp_path / "clock"
    write_clock_file(path, MONDAY, rate=60)
    an_hour_ago = time.time_ns() - 3_600 * 1_000_000_000
    os.utime(path, ns=(an_hour_ago, an_hour_ago))
    shown = FileClock(path).now() - MONDAY
    assert timedelta(hours=60) <= shown < timedelta(hours=60) + 60 * A_MOMENT


def test_a_file_clock_follows_every_rewrite_and_removal(tmp_path: Path):
    path = tmp_path / "clock"
    clock = FileClock(path)
    for day in range(1, 200):
        at = MONDAY + timedelta(days=day)
        write_clock_file(path, at, rate=0)
        assert clock.now() == at
    path.unlink()
    assert abs(clock.now() - datetime.now(UTC)) < A_MOMENT


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b'{"at": "2026-03-0',
        b'"2026-03-02T00:30:00Z"',
        b'{"rate": 1}',
        b'{"at": 5}',
        b'{"at": "2026-03-02T00:30:00"}',
        b'{"at": "2026-03-02T00:30:00Z", "rate": "fast"}',
        b'{"at": "2026-03-02T00:30:00Z", "rate": NaN}',
        b'{"at": "2026-03-02T00:30:00Z", "rate": -1}',
        b"\xff\xfe",
    ],
)
def test_a_file_that_is_no_clock_keeps_the_last_good_reading(tmp_path: Path, torn: bytes):
    path = tmp_path / "clock"
    write_clock_file(path, MONDAY, rate=0)
    clock = FileClock(path)
    clock.now()
    path.write_bytes(torn)
    assert clock.now() == MONDAY
    write_clock_file(path, MONDAY + timedelta(days=1), rate=0)
    assert clock.now() == MONDAY + timedelta(days=1)


def test_a_file_that_never_was_a_clock_is_real_time(tmp_path: Path):
    (tmp_path / "clock").write_text("soon")
    assert abs(FileClock(tmp_path / "clock").now() - datetime.now(UTC)) < A_MOMENT


@given(at=st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, at: datetime):
    path = tmp_path_factory.getbasetemp() / "written_and_read"
    write_clock_file(path, at, rate=0)
    assert FileClock(path).now() == at


def test_writing_leaves_nothing_but_the_clock_file(tmp_path: Path):
    write_clock_file(tmp_path / "clock", MONDAY)
    assert [entry.name for entry in tmp_path.iterdir()] == ["clock"]
