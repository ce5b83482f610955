from datetime import date, time, timedelta

import pytest
from chassis.calendar import at
from chassis.money import Money
from hypothesis import given
from hypothesis import strategies as st
from visit.signal_checks.rules import breaches, signal_check_due, watched_time
from visit.work_policies.rules import DEFAULTS, WorkPolicy

MONDAY = date(2026, 3, 2)
SUNDAY = date(2026, 3, 1)
MINUTE = timedelta(minutes=1)


def clock(text):
    return at(MONDAY, time.fromisoformat(text))


def starts(positions, watched=("08:30", "18:00"), policy=DEFAULTS):
    watched = (clock(watched[0]), clock(watched[1]))
    return [breach.started_at for breach in breaches(map(clock, positions), watched, policy)]


def every(minutes, start="08:30", end="18:00"):
    moment, last = clock(start), clock(end)
    while moment < last:
        yield moment
        moment += minutes * MINUTE


@pytest.mark.rule("R027")
def test_a_gap_of_thirty_minutes_is_a_breach_with_its_fine_R027():
    watched = (clock("08:30"), clock("18:00"))
    quiet = [moment for moment in every(5) if not clock("10:00") < moment < clock("10:30")]
    (breach,) = breaches(quiet, watched, DEFAULTS)
    assert (breach.started_at, breach.ended_at) == (clock("10:00"), clock("10:30"))
    assert (breach.rule_id, breach.fine) == ("R027", Money(50_00, "CNY"))


@pytest.mark.rule("R027")
def test_a_gap_under_thirty_minutes_is_none_R027():
    assert breaches(every(29.9), (clock("08:30"), clock("18:00")), DEFAULTS) == []


@pytest.mark.rule("R027")
def test_a_day_without_any_position_is_one_breach_R027():
    assert starts([]) == [clock("08:30")]


@pytest.mark.rule("R027")
def test_at_most_one_breach_counts_in_sixty_minutes_R027():
    assert starts(["09:10", "09:29", "09:59", "11:00"], ("08:30", "11:10")) == [
        clock("08:30"),
        clock("09:59"),
    ]


@pytest.mark.rule("R027")
def test_a_long_silence_counts_although_it_begins_soon_after_a_breach_R027():
    assert starts(["09:00"]) == [clock("08:30"), clock("09:00")]


def test_the_order_of_positions_does_not_matter_and_those_outside_are_not_looked_at():
    assert starts(["17:00", "08:00", "12:00", "19:00"]) == [clock("08:30"), clock("12:00"), clock("17:00")]


@pytest.mark.parametrize(
    ("clocked_in", "clocked_out", "watched"),
    [
        ("08:00", None, ("08:30", "18:00")),
        ("09:00", "17:00", ("09:00", "17:00")),
        ("09:00", "20:00", ("09:00", "18:00")),
        ("18:30", "20:00", None),
        ("09:00", "09:00", None),
    ],
)
def test_a_person_is_watched_between_clocking_in_and_out_in_working_time(clocked_in, clocked_out, watched):
    found = watched_time(DEFAULTS, clock(clocked_in), clock(clocked_out) if clocked_out else None)
    assert found == (watched and (clock(watched[0]), clock(watched[1])))


def test_a_day_is_judged_half_an_hour_after_its_window_and_a_day_off_never():
    assert signal_check_due(clock("08:10"), DEFAULTS) == clock("18:30")
    assert signal_check_due(at(SUNDAY, time(8, 10)), DEFAULTS) is None
    assert watched_time(DEFAULTS, at(SUNDAY, time(8, 10)), None) is None


def minute_by_minute(with_position, length, gap):
    """The rule as a person with a watch would apply it."""
    counted, silent_since, last_counted, is_counted = [], 0, None, False
    for minute in range(1, length + 1):
        is_long = minute - silent_since >= gap
        if is_long and not is_counted and (last_counted is None or minute - last_counted >= 60):
            last_counted, is_counted = minute, True
        if minute in with_position or minute == length:
            if is_counted:
                counted.append((silent_since, minute))
            silent_since, is_counted = minute, False
    return counted


@pytest.mark.rule("R027")
@given(
    positions=st.sets(st.integers(1, 569), max_size=60),
    length=st.integers(1, 570),
    gap=st.integers(1, 90),
)
def test_breaches_are_those_of_a_watch_minute_by_minute_R027(positions, length, gap):
    begin = clock("08:30")
    policy = WorkPolicy(signal_gap_minutes=gap)
    found = breaches([begin + each * MINUTE for each in positions], (begin, begin + length * MINUTE), policy)
    inside = {each for each in positions if each < length}
    assert [
        ((each.started_at - begin) // MINUTE, (each.ended_at - begin) // MINUTE) for each in found
    ] == minute_by_minute(inside, length, gap)
