from datetime import date, timedelta

import pytest
from chassis.calendar import is_workday
from hypothesis import given
from hypothesis import strategies as st
from reporting.attendance.rules import workdays
from reporting.rules import ratio

days = st.dates(date(2025, 1, 1), date(2026, 12, 31))


def test_a_ratio_without_a_whole_is_zero():
    assert ratio(0, 0) == 0


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(2, 50))
def test_equal_ratios_are_equal_numbers(part, whole, times):
    assert ratio(part, whole) == ratio(part * times, whole * times)


@given(days, st.integers(0, 60), days)
def test_workdays_are_those_of_the_calendar_up_to_today(first, length, today):
    last = first + timedelta(days=length)
    found = workdays(first, last, today)
    counted = [*found.over, *([found.today] if found.today else [])]
    period = [first + timedelta(days=offset) for offset in range(length + 1)]
    assert counted == [day for day in period if is_workday(day) and day <= today]
    assert all(day < today for day in found.over)
    assert found.today in (None, today)


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (date(2026, 2, 15), date(2026, 2, 23), 0),  # Spring Festival
        (date(2026, 2, 28), date(2026, 2, 28), 1),  # a Saturday worked in exchange
        (date(2026, 3, 2), date(2026, 3, 8), 5),
    ],
)
def test_holidays_and_worked_weekends_are_those_of_2026(first, last, count):
    assert len(workdays(first, last, date(2026, 12, 31)).over) == count


def test_a_period_in_the_future_has_no_workdays():
    assert workdays(date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 1)).over == ()
