from datetime import date, timedelta

import pytest
from gateway.identity.login_days import rules
from gateway.identity.login_days.rules import Breach
from hypothesis import given
from hypothesis import strategies as st

FRIDAY, SATURDAY, MONDAY, TUESDAY = (date(2026, 3, day) for day in (6, 7, 9, 10))
REP, HEAD = frozenset({"field_rep"}), frozenset({"department_head"})
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 1))


def breaches(since, today, roles=REP, **more):
    return set(rules.breaches(since, today, roles, **more))


@pytest.mark.rule("R152")
def test_a_working_day_that_is_over_wants_a_login_R152():
    assert breaches(FRIDAY, MONDAY) == set()
    assert breaches(FRIDAY, TUESDAY) == {Breach.WORKING_DAY}
    assert rules.missed_working_days(FRIDAY, TUESDAY) == 1


@pytest.mark.rule("R152")
def test_nobody_owes_a_login_on_a_day_off_R152():
    assert breaches(FRIDAY, SATURDAY + timedelta(days=1)) == set()
    before_spring_festival = date(2026, 2, 14)  # a Saturday that is worked, before nine days of holidays
    assert breaches(before_spring_festival, date(2026, 2, 24)) == set()
    assert breaches(date(2026, 2, 13), date(2026, 2, 24)) == {Breach.WORKING_DAY}


@pytest.mark.rule("R152")
def test_on_the_road_two_logins_a_week_are_enough_R152():
    assert breaches(FRIDAY, TUESDAY, travelling=True) == set()
    monday = date(2026, 3, 2)
    once, twice = [monday], [monday, FRIDAY]
    assert rules.travelling_week_missed(once, monday, MONDAY)
    assert not rules.travelling_week_missed(twice, monday, MONDAY)
    assert not rules.travelling_week_missed(once, monday, FRIDAY)  # the week is not over


@pytest.mark.rule("R033")
def test_a_head_owes_a_login_on_the_road_too_R033():
    assert breaches(FRIDAY, TUESDAY, HEAD) == {Breach.WORKING_DAY, Breach.HEAD}
    assert breaches(FRIDAY, TUESDAY, HEAD, travelling=True) == {Breach.HEAD}
    assert breaches(FRIDAY, MONDAY, HEAD) == set()


@pytest.mark.rule("R154")
@pytest.mark.parametrize(("days", "told"), [(13, False), (14, True), (15, True)])
def test_two_weeks_without_a_login_are_fourteen_days_R154(days, told):
    assert (Breach.TWO_WEEKS in breaches(FRIDAY, FRIDAY + timedelta(days=days))) is told


@pytest.mark.rule("R069")
def test_twenty_login_days_in_a_month_make_an_active_user_R069():
    assert [rules.is_active_user(days) for days in (0, 19, 20, 31)] == [False, False, True, True]
    assert rules.month_of(date(2026, 2, 17)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert rules.month_of(date.max)[1] == date.max


@given(DAYS, DAYS, st.sampled_from(Breach))
def test_a_filter_finds_whoever_has_the_breach(since, today, breach):
    found = breach in breaches(since, today, HEAD)
    assert (since < rules.kept_since(breach, today)) is found


def test_a_very_long_absence_is_not_counted_to_its_end():
    assert rules.missed_working_days(date.min, date.max) == rules.MOST_COUNTED
