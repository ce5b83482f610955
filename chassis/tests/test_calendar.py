import csv
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import calendar

DAYS = st.dates(min_value=date(2004, 1, 1), max_value=date(2040, 12, 31))
WALL_TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 1), False),
        (date(2025, 9, 28), True),
        (date(2025, 10, 1), False),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        (date(2026, 2, 16), False),
    ],
    ids=["monday", "sunday", "worked sunday", "holiday", "day in lieu", "worked saturday", "spring festival"],
)
def test_holidays_and_worked_weekends_follow_the_published_calendar(day: date, *, works: bool):
    assert calendar.is_workday(day) is works
    assert calendar.is_holiday(day) is not works


def test_a_year_without_a_published_calendar_works_monday_to_friday():
    assert calendar.is_known_year(2026)
    assert not calendar.is_known_year(2060)
    assert calendar.is_workday(date(2060, 10, 1))
    assert calendar.is_holiday(date(2060, 10, 2))


def test_the_next_workday_skips_holidays_and_may_be_a_saturday():
    assert calendar.next_workday(date(2025, 9, 30)) == date(2025, 10, 9)
    assert calendar.next_workday(date(2025, 10, 10)) == date(2025, 10, 11)


def test_the_first_workday_of_a_week_follows_the_holiday():
    assert calendar.first_workday_of_week(date(2026, 3, 2)) == date(2026, 3, 2)
    assert calendar.first_workday_of_week(date(2025, 10, 6)) == date(2025, 10, 9)


def test_a_week_of_holidays_has_no_first_workday():
    assert calendar.first_workday_of_week(date(2026, 2, 16)) is None


def test_a_week_is_named_by_its_monday_only():
    with pytest.raises(ValueError, match="Monday"):
        calendar.first_workday_of_week(date(2026, 3, 3))


def test_working_days_are_counted_forwards_only():
    assert calendar.add_working_days(date(2025, 9, 30), 2) == date(2025, 10, 10)
    with pytest.raises(ValueError, match="forwards"):
        calendar.add_working_days(date(2026, 3, 2), -1)


def test_the_local_date_turns_at_midnight_in_shanghai():
    midnight = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    assert calendar.local_date(midnight) == date(2026, 3, 2)
    assert calendar.local_date(midnight - timedelta(microseconds=1)) == date(2026, 3, 1)


def test_a_naive_instant_has_no_local_date():
    with pytest.raises(ValueError, match="offset"):
        calendar.local_date(datetime(2026, 3, 2))  # noqa: DTZ001 - the defect under test


def test_half_past_eight_in_shanghai_is_half_past_midnight_utc():
    instant = calendar.at(date(2026, 3, 2), calendar.parse_wall_time("08:30"))
    assert instant == datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize("text", ["8:30", "24:00", "08:60", "08:30:00", "08:30\n", "", "０８:30", "-1:00"])
def test_any_other_shape_is_no_wall_time(text: str):
    with pytest.raises(ValueError, match="wall-clock"):
        calendar.parse_wall_time(text)


@given(day=DAYS)
def test_the_next_workday_is_the_nearest_later_day_worked(day: date):
    found = calendar.next_workday(day)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days)]
    assert found > day
    assert calendar.is_workday(found)
    assert not any(map(calendar.is_workday, between))


@given(day=DAYS, count=st.integers(0, 60))
def test_adding_working_days_passes_exactly_that_many(day: date, count: int):
    found = calendar.add_working_days(day, count)
    passed = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(map(calendar.is_workday, passed)) == count


@given(day=DAYS)
def test_every_day_lies_in_the_week_it_is_of(day: date):
    assert day in calendar.days_of_week(calendar.week_of(day))


@given(day=DAYS)
def test_the_first_workday_of_a_week_is_its_earliest(day: date):
    week = calendar.days_of_week(calendar.week_of(day))
    worked = [each for each in week if calendar.is_workday(each)]
    assert calendar.first_workday_of_week(week[0]) == (worked[0] if worked else None)


@given(day=DAYS, wall_time=WALL_TIMES)
def test_an_instant_built_from_date_and_time_shows_them_again(day: date, wall_time: time):
    instant = calendar.at(day, wall_time)
    assert (calendar.local_date(instant), calendar.local_time(instant)) == (day, wall_time)


@given(wall_time=WALL_TIMES)
def test_wall_times_are_read_as_they_are_written(wall_time: time):
    assert calendar.parse_wall_time(f"{wall_time:%H:%M}") == wall_time


def test_every_day_agrees_with_the_published_list():
    folder = os.environ.get("JOURNEYMAN_REAL_DATA")
    if not folder:
        pytest.skip("JOURNEYMAN_REAL_DATA names no folder with ref/china_workdays_2015_2026.csv")
    with (Path(folder) / "ref/china_workdays_2015_2026.csv").open(newline="") as file:
        listed = {date.fromisoformat(row["date"]): row["is_workday"] == "1" for row in csv.DictReader(file)}
    assert len(listed) > 4000
    assert {day: calendar.is_workday(day) for day in listed} == listed
