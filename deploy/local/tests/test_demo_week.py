import csv
import io
import struct
import zlib
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from chassis.clock import FileClock
from demo_week.checks import Check
from demo_week.phone import refusal
from demo_week.photos import photo
from demo_week.recordings import phone_days, trips
from demo_week.shops import DISTRICTS, dealt, made_shops
from demo_week.silence import silences
from demo_week.spending import units
from demo_week.tracks import Faults, made_track
from demo_week.week import BusinessClock, choose_week, days_of

from chassis import calendar

MONDAY = date(2026, 11, 23)
SHOP = (31.2, 121.4)


def at(wall_time, day=MONDAY):
    return calendar.at(day, time.fromisoformat(wall_time))


def test_a_week_is_chosen_that_has_no_holiday_and_was_not_played():
    assert choose_week(date(2026, 11, 21), lambda _: False) == MONDAY
    assert choose_week(MONDAY, lambda _: False) == date(2026, 11, 30)
    assert choose_week(date(2026, 9, 21), lambda _: False) == date(2026, 10, 12)  # National Day
    assert choose_week(date(2026, 11, 21), lambda monday: monday == MONDAY) == date(2026, 11, 30)


def test_money_is_compared_to_the_last_fen_and_printed_as_it_is():
    amount = {"currencyCode": "CNY", "units": "92500", "nanos": 0}
    assert f"{units(amount):,}" == "92,500"
    assert units(amount | {"nanos": 10_000_000}) - units(amount) == Decimal("0.01")


def test_the_clock_of_business_follows_the_week_until_it_is_over(tmp_path):
    clock = BusinessClock(tmp_path / "clock.json")
    clock.set(MONDAY, time(8, 10))
    assert timedelta(0) <= FileClock(tmp_path / "clock.json").now() - at("08:10") < timedelta(minutes=1)
    clock.back_to_real_time()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_shops_are_made_alike_each_time_with_their_faults():
    shops = made_shops()
    assert shops == made_shops()
    rows = list(csv.DictReader(io.StringIO(shops.content.decode())))
    assert len(rows) == shops.rows == 244
    assert sum(row["name"] == "" for row in rows) == 1
    assert len({tuple(row.values()) for row in rows}) == 243


def test_every_district_is_dealt_and_everybody_gets_two():
    owners = dealt([str(number) for number in range(8)])
    assert owners.keys() == DISTRICTS.keys()
    assert sorted(owners.values()) == sorted("0011223344556677")


def test_a_photo_is_a_valid_picture_of_its_own():
    picture = photo("front")
    length, kind = struct.unpack(">I4s", picture[8:16])
    content, checksum = picture[16 : 16 + length], picture[16 + length : 20 + length]
    assert zlib.crc32(kind + content) == int.from_bytes(checksum, "big")
    assert photo("front") == picture != photo("display")


def test_a_made_track_is_the_same_each_time_and_has_the_faults_of_its_day():
    faults = Faults(
        silence=(time(10), time(11)), recorded_before_work=True, clock_unset=True, clock_ahead=True
    )
    fixes = made_track("1 0", MONDAY, [SHOP], faults)
    assert fixes == made_track("1 0", MONDAY, [SHOP], faults)
    noon = at("12:30")
    refused = sorted(filter(None, (refusal(fix.captured, noon) for fix in fixes if fix.known_at <= noon)))
    assert refused == ["CLOCK_AHEAD", "CLOCK_BEHIND", "OUTSIDE_WORKING_TIME"]
    kept = [fix.captured for fix in fixes if not refusal(fix.captured, max(noon, fix.captured))]
    assert silences(kept, MONDAY, at("08:10"), at("18:05")) == 1


@pytest.mark.parametrize(
    ("heard", "times"),
    [
        ([], 1),
        (["10:00"], 2),
        (["08:45", "10:00", "10:20"], 2),
        (["08:59", "09:00", "09:30"], 2),
    ],
)
def test_silence_counts_from_30_minutes_on_once_an_hour(heard, times):
    assert silences(map(at, heard), MONDAY, at("08:10"), at("18:05")) == times


LOCATIONS = """\
person,local_time,lat,lng,accuracy_m,speed_mps,source_file
p2,1969-12-31T16:00:00-08:00,37.9,-122.2,1086,0,a
p2,2016-06-14T23:00:00-07:00,37.9,-122.2,30,0,a
p2,2016-06-15T09:27:47.237000-07:00,37.8,-122.3,29,,a
p2,2016-06-15T10:00:00-07:00,31.2,121.5,150,1.5,a
"""


@pytest.fixture
def data(tmp_path):
    tracks = tmp_path / "tracks"
    tracks.mkdir()
    (tracks / "emission_locations.csv").write_text(LOCATIONS)
    (tracks / "go_track_tracks.csv").write_text("id,id_android\n1,7\n2,7\n3,7\n")
    (tracks / "go_track_trackspoints.csv").write_text(
        "id,latitude,longitude,track_id,time\n"
        "1,-10.9,-37.0,1,2014-09-13 7:24\n"
        "2,-10.9,-37.0,2,2014-09-13 7:24\n"
        "3,-10.9,-37.0,3,2014-09-12 9:24\n"
    )
    return tmp_path


def test_a_recording_keeps_weekday_and_clock_time_and_begins_at_the_first_shop(data):
    (recording,) = phone_days(data)
    wednesday = days_of(MONDAY)[recording.day.weekday()]
    unset, before, first, thrown = recording.moved(wednesday, SHOP)
    assert calendar.local_date(first.captured) == date(2026, 11, 25)
    assert calendar.local_time(first.captured) == time(9, 27, 47, 237000)
    assert first.place == pytest.approx(SHOP)
    assert calendar.local_date(before.captured) == date(2026, 11, 24)
    assert unset.captured.year == 1969
    assert calendar.local_date(unset.known_at) == wednesday
    assert -180 <= thrown.place[1] <= 180


def test_trips_are_put_together_by_phone_and_day_those_in_working_time_first(data):
    assert [recording.source for recording in trips(data)] == [
        "phone 7 of 2014-09-12",
        "phone 7 of 2014-09-13",
    ]


def test_a_check_holds_only_when_both_values_are_equal():
    assert Check("visits", 2, 2).holds
    assert not Check("visits", 2, 3).holds
