from datetime import UTC, date, datetime, time, timedelta

import pytest
from chassis.calendar import BUSINESS_ZONE, at, is_workday
from hypothesis import given
from hypothesis import strategies as st
from visit.tracks.rules import Gate, Refusal, microseconds, moment_of
from visit.work_policies.rules import DEFAULTS, WorkPolicy

MONDAY = date(2026, 3, 2)
NOON = at(MONDAY, time(12, 0))


def gate(now=NOON, policy=DEFAULTS):
    return Gate(now, lambda day: policy)


def refusal(moment, now=NOON, policy=DEFAULTS):
    return gate(now, policy).refusal(microseconds(moment))


@pytest.mark.rule("R002")
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(MONDAY, time(8, 29, 59, 999999)), Refusal.OUTSIDE_WORKING_TIME),
        (at(MONDAY, time(8, 30)), None),
        (NOON + timedelta(minutes=5), None),
        (NOON + timedelta(minutes=5, microseconds=1), Refusal.CLOCK_AHEAD),
        (at(date(2026, 3, 1), time(12, 0)), Refusal.OUTSIDE_WORKING_TIME),  # Sunday
        (at(date(2026, 2, 28), time(12, 0)), None),  # Saturday, worked in exchange
        (at(date(2026, 2, 27), time(18, 0)), None),
        (at(date(2026, 2, 27), time(18, 0, 0, 1)), Refusal.OUTSIDE_WORKING_TIME),
        (datetime(1970, 1, 1, tzinfo=BUSINESS_ZONE), Refusal.CLOCK_BEHIND),
    ],
)
def test_a_point_is_kept_in_working_time_only_R002(moment, expected):
    assert refusal(moment) is expected


def test_a_point_may_be_seven_days_behind():
    week_later = NOON + timedelta(days=7)
    assert refusal(NOON, week_later) is None
    assert refusal(NOON - timedelta(microseconds=1), week_later) is Refusal.CLOCK_BEHIND


@pytest.mark.parametrize(
    ("captured", "expected"),
    [(None, Refusal.CLOCK_AHEAD), (10**30, Refusal.CLOCK_AHEAD), (-(10**30), Refusal.CLOCK_BEHIND)],
)
def test_a_time_that_is_no_time_is_refused_like_a_wrong_clock(captured, expected):
    assert gate().refusal(captured) is expected


def test_a_phone_that_was_replaced_brings_the_points_up_to_then():
    replaced = Gate(NOON, lambda _: DEFAULTS, replaced_at=(NOON - timedelta(hours=1)).timestamp())
    for moment, expected in (
        (NOON - timedelta(hours=1), None),
        (NOON - timedelta(hours=1) + timedelta(microseconds=1), Refusal.DEVICE_REPLACED),
        (NOON + timedelta(hours=1), Refusal.CLOCK_AHEAD),
    ):
        assert replaced.refusal(microseconds(moment)) is expected


def test_each_day_is_judged_by_the_policy_it_had():
    friday, monday = date(2026, 2, 27), MONDAY
    policies = {friday: WorkPolicy(track_window_end=time(17, 0)), monday: DEFAULTS}
    judged = Gate(at(MONDAY, time(18, 0)), lambda day: policies.get(day, DEFAULTS))
    late = time(17, 30)
    assert judged.refusal(microseconds(at(friday, late))) is Refusal.OUTSIDE_WORKING_TIME
    assert judged.refusal(microseconds(at(monday, late))) is None


@pytest.mark.rule("R002")
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(BUSINESS_ZONE)),  # noqa: DTZ001
    before=st.timedeltas(timedelta(days=-1), timedelta(days=9)),
    hours=st.lists(st.times(), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_nothing_outside_the_hours_of_a_workday_is_kept_R002(now, before, hours):
    policy = WorkPolicy(track_window_start=hours[0], track_window_end=hours[1])
    moment = now - before
    kept = refusal(moment, now, policy) is None
    in_hours = is_workday(moment.date()) and hours[0] <= moment.time() <= hours[1]
    assert kept == (in_hours and -timedelta(minutes=5) <= before <= timedelta(days=7))


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_come_back_as_the_same_moment(moment):
    assert moment_of(microseconds(moment)) == moment
