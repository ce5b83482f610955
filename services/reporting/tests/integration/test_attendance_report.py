from datetime import date, time

import pytest
from chassis.access import Scope
from chassis.calendar import at
from chassis.identifiers import new_id
from journeyman.reporting.v1 import reports_pb2
from reporting.attendance.moves import follow

from directory import Move

PERSON, UNIT = "00000000-0000-7000-8000-000000000011", "00000000-0000-7000-8000-0000000000a1"
OTHER = "00000000-0000-7000-8000-0000000000a2"
WEEK = ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"]


def asked(**fields):
    return reports_pb2.GetAttendanceReportRequest(**{"from_date": WEEK[0], "to_date": "2026-03-08", **fields})


@pytest.fixture
def on(clock):
    def set_clock(day, hour=20):
        clock.set(at(date.fromisoformat(day), time(hour)))

    return set_clock


@pytest.fixture
def figures(reports):
    def report(**fields):
        return {
            (row.unit_id, row.user_id): row for row in reports().GetAttendanceReport(asked(**fields)).rows
        }

    return report


def test_a_week_is_judged_day_by_day(take_over, figures, facts, on):
    on("2026-03-08")
    take_over("identity", facts.user(PERSON, UNIT))
    take_over(
        "visit",
        facts.attendance(PERSON, UNIT, WEEK[0]),
        facts.attendance(PERSON, UNIT, WEEK[1], "LATE", "ON_TIME"),
        facts.attendance(PERSON, UNIT, WEEK[2], "ON_TIME", "EARLY"),
        facts.attendance(PERSON, UNIT, WEEK[3], "ON_TIME", ""),
        facts.attendance(PERSON, UNIT, "2026-03-07", "DAY_OFF", "DAY_OFF"),
    )
    assert figures()[UNIT, PERSON] == reports_pb2.AttendanceReport.Row(
        unit_id=UNIT,
        user_id=PERSON,
        workday_count=5,
        complete_count=3,
        on_time_count=1,
        late_count=1,
        early_count=1,
        missing_clock_out_count=1,
        attendance_rate=0.2,
    )


def test_a_clock_out_replaces_the_open_day(take_over, figures, facts, on):
    on("2026-03-08")
    day = new_id()
    came = facts.attendance(PERSON, UNIT, WEEK[0], "ON_TIME", "", day_id=day)
    left = facts.attendance(PERSON, UNIT, WEEK[0], day_id=day, version=2)
    take_over("visit", came, left)
    take_over("visit", came)
    found = figures()[UNIT, PERSON]
    assert (found.complete_count, found.missing_clock_out_count) == (1, 0)


def test_today_counts_for_those_who_have_clocked_out(take_over, figures, facts, on):
    on(WEEK[1], 9)
    gone, working, away = new_id(), new_id(), new_id()
    take_over("identity", *[facts.user(person, UNIT) for person in (gone, working, away)])
    take_over(
        "visit",
        facts.attendance(gone, UNIT, WEEK[1]),
        facts.attendance(working, UNIT, WEEK[1], "ON_TIME", ""),
    )
    found = {user: row.workday_count for (_, user), row in figures().items()}
    assert found == {gone: 2, working: 1, away: 1}
    on(WEEK[2], 9)
    assert {row.workday_count for row in figures().values()} == {2}


def test_field_staff_who_never_came_are_missed(take_over, figures, facts, on):
    on("2026-03-08")
    manager, left = new_id(), new_id()
    take_over(
        "identity",
        facts.user(PERSON, UNIT),
        facts.user(manager, UNIT, roles=("unit_manager",)),
        facts.user(left, UNIT, active=False),
    )
    assert [(key, row.workday_count, row.attendance_rate) for key, row in figures().items()] == [
        ((UNIT, PERSON), 5, 0.0)
    ]


def test_who_clocked_in_once_is_judged_whatever_the_role(take_over, figures, facts, on):
    on("2026-03-08")
    manager, left = new_id(), new_id()
    take_over(
        "identity",
        facts.user(manager, UNIT, roles=("unit_manager",)),
        facts.user(left, UNIT, active=False),
    )
    take_over("visit", *[facts.attendance(person, UNIT, WEEK[0]) for person in (manager, left)])
    found = figures()
    assert found[UNIT, manager].workday_count == 5
    assert (
        found[UNIT, left].workday_count == 1
    )  # nobody knows since when: the other days are not held against them


def test_each_workday_counts_once_for_who_changed_units(take_over, figures, facts, on):
    on("2026-03-08")
    take_over("identity", facts.user(PERSON, OTHER))
    take_over(
        "visit",
        *[
            facts.attendance(PERSON, unit, day)
            for unit, day in zip([UNIT, UNIT, OTHER], WEEK[:3], strict=True)
        ],
    )
    found = figures()
    assert (found[UNIT, PERSON].workday_count, found[OTHER, PERSON].workday_count) == (2, 3)
    assert found[UNIT, PERSON].attendance_rate == 1.0


@pytest.fixture
def move(database, take_over, facts):
    """Moves somebody, who was not known before, at noon of a day."""

    def between(unit, other, day, version=1):
        take_over("identity", facts.user(PERSON, other, version=version))
        with database.begin() as connection:
            follow(connection, Move(PERSON, unit, other, at(date.fromisoformat(day), time(12))))

    return between


def test_a_day_that_was_missed_counts_for_the_unit_of_that_day(take_over, figures, facts, on, move):
    on("2026-03-08")
    take_over("visit", facts.attendance(PERSON, UNIT, WEEK[0]), facts.attendance(PERSON, OTHER, WEEK[3]))
    move(UNIT, OTHER, WEEK[2])
    found = figures()
    days = {unit: (row.workday_count, row.complete_count) for (unit, _), row in found.items()}
    assert days == {UNIT: (2, 1), OTHER: (3, 1)}


def test_a_report_of_the_time_before_a_move_stays_what_it_was(figures, facts, on, move, take_over):
    on("2026-03-08")
    take_over("identity", facts.user(PERSON, UNIT))
    before = figures(to_date=WEEK[1])
    move(UNIT, OTHER, WEEK[2], version=2)
    assert figures(to_date=WEEK[1]) == before
    assert figures()[OTHER, PERSON].workday_count == 3


def test_of_several_moves_each_stay_has_its_days(figures, on, move):
    on("2026-03-08")
    third = new_id()
    move(UNIT, OTHER, WEEK[1])
    move(OTHER, third, WEEK[3], version=2)
    move(third, UNIT, WEEK[3], version=3)
    days = {unit: row.workday_count for (unit, _), row in figures().items()}
    assert days == {UNIT: 3, OTHER: 2}


def test_days_before_a_move_are_shown_to_the_unit_that_was_left(reports, on, move):
    on("2026-03-08")
    move(UNIT, OTHER, WEEK[4])
    for unit, days in ((UNIT, 4), (OTHER, 1)):
        (row,) = reports(unit=unit, scope=Scope.UNIT).GetAttendanceReport(asked()).rows
        assert (row.unit_id, row.user_id, row.workday_count) == (unit, PERSON, days)


def test_a_unit_multiplies_workdays_by_its_people(take_over, figures, facts, on):
    on("2026-03-08")
    take_over("identity", *[facts.user(new_id(), UNIT) for _ in range(3)])
    found = figures(group_by=reports_pb2.GROUPING_UNIT)
    assert found[UNIT, ""].workday_count == 15


def test_a_day_at_another_unit_is_no_day_missed_for_a_narrow_caller(take_over, reports, facts, on):
    on("2026-03-08")
    take_over("identity", facts.user(PERSON, OTHER))
    take_over(
        "visit",
        *[
            facts.attendance(PERSON, unit, day)
            for unit, day in zip([UNIT, UNIT, OTHER], WEEK[:3], strict=True)
        ],
    )
    (row,) = reports(unit=OTHER, scope=Scope.UNIT).GetAttendanceReport(asked()).rows
    assert (row.unit_id, row.workday_count, row.on_time_count) == (OTHER, 3, 1)


def test_a_period_that_has_not_begun_misses_nothing(take_over, figures, facts, on):
    on("2026-03-01")
    take_over("identity", facts.user(PERSON, UNIT))
    assert figures()[UNIT, PERSON].workday_count == 0
