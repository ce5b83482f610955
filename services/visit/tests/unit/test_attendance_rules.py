from datetime import UTC, date, datetime, time

import pytest
from chassis.calendar import at
from visit.attendance.rules import ClockInResult, ClockOutResult, clock_in, clock_out
from visit.work_policies.rules import DEFAULTS, PolicyInThePast, WorkPolicy, demand_not_past

MONDAY = date(2026, 3, 2)
SUNDAY = date(2026, 3, 1)
WORKED_SATURDAY = date(2026, 2, 14)  # worked in exchange for Spring Festival
SPRING_FESTIVAL = date(2026, 2, 17)  # a Tuesday


@pytest.mark.rule("R007")
@pytest.mark.parametrize(
    ("moment", "result"),
    [
        (at(MONDAY, time(0, 0)), ClockInResult.ON_TIME),
        (at(MONDAY, time(8, 30)), ClockInResult.ON_TIME),
        (at(MONDAY, time(8, 30, 0, 1)), ClockInResult.LATE),
        (at(MONDAY, time(23, 59)), ClockInResult.LATE),
        (at(SUNDAY, time(12, 0)), ClockInResult.DAY_OFF),
        (at(WORKED_SATURDAY, time(9, 0)), ClockInResult.LATE),
        (at(SPRING_FESTIVAL, time(9, 0)), ClockInResult.DAY_OFF),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), ClockInResult.ON_TIME),  # Monday begins in Shanghai
    ],
)
def test_a_clock_in_is_judged_by_deadline_and_calendar_R007(moment, result):
    assert clock_in(moment, DEFAULTS) is result


@pytest.mark.rule("R008")
@pytest.mark.parametrize(
    ("moment", "policy", "result"),
    [
        (at(MONDAY, time(17, 59, 59)), DEFAULTS, ClockOutResult.EARLY),
        (at(MONDAY, time(18, 0)), DEFAULTS, ClockOutResult.ON_TIME),
        (at(MONDAY, time(17, 30)), WorkPolicy(clock_out_earliest=time(17, 30)), ClockOutResult.ON_TIME),
        (at(SUNDAY, time(9, 0)), DEFAULTS, ClockOutResult.DAY_OFF),
    ],
)
def test_a_clock_out_is_judged_by_the_earliest_time_R008(moment, policy, result):
    assert clock_out(moment, policy) is result


def test_a_policy_may_begin_today_and_no_earlier():
    demand_not_past(MONDAY, MONDAY)
    with pytest.raises(PolicyInThePast):
        demand_not_past(SUNDAY, MONDAY)
