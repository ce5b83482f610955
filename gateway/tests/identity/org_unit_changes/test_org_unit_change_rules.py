from datetime import date, timedelta

import pytest
from gateway.identity.org_unit_changes import rules
from gateway.identity.org_unit_changes.rules import Kind, Plan
from gateway.identity.org_units.rules import (
    SectionInsideSection,
    Unit,
    UnitClosed,
    demand_place,
    section_of,
)

MOVE, MERGE = Kind.MOVE, Kind.MERGE
GROUP = Unit("group", None, "COMPANY", closed=False)
FOOD, DRINKS = (Unit(name, "group", "SECTION", closed=False) for name in ("food", "drinks"))
EAST = Unit("east", "food", "REGION", closed=False)
SHANGHAI = Unit("shanghai", "east", "DISTRICT", closed=False)
WEST = Unit("west", "drinks", "REGION", closed=False)
OFFICE = Unit("office", "group", "DEPARTMENT", closed=False)
CLOSED = Unit("closed", "east", "DISTRICT", closed=True)
UNITS = {unit.id: unit for unit in (GROUP, FOOD, DRINKS, EAST, SHANGHAI, WEST, OFFICE, CLOSED)}


def path(unit):
    return [unit, *(path(UNITS[unit.parent_id]) if unit.parent_id else [])]


def plan(kind, unit, target, *, holds_section=False):
    return Plan(kind, path(unit), path(target), holds_section)


@pytest.mark.parametrize("kind", [MOVE, MERGE])
@pytest.mark.parametrize(("unit", "target"), [(SHANGHAI, WEST), (SHANGHAI, OFFICE), (EAST, OFFICE)])
def test_a_unit_goes_anywhere_else(kind, unit, target):
    rules.demand_possible(plan(kind, unit, target))


REFUSED = {
    "the root": (plan(MOVE, GROUP, OFFICE), rules.UnitIsRoot),
    "where it is": (plan(MOVE, SHANGHAI, EAST), rules.UnitAlreadyThere),
    "into itself": (plan(MERGE, EAST, EAST), rules.UnitCycle),
    "below itself": (plan(MOVE, EAST, SHANGHAI), rules.UnitCycle),
    "into what is below it": (plan(MERGE, FOOD, SHANGHAI), rules.UnitCycle),
    "a closed unit": (plan(MOVE, CLOSED, OFFICE), UnitClosed),
    "below a closed unit": (plan(MOVE, WEST, CLOSED), UnitClosed),
    "into a closed unit": (plan(MERGE, SHANGHAI, CLOSED), UnitClosed),
    "a section below a section": (plan(MOVE, FOOD, WEST), SectionInsideSection),
    "what has a section below it": (plan(MERGE, OFFICE, EAST, holds_section=True), SectionInsideSection),
}


@pytest.mark.parametrize(("wanted", "problem"), REFUSED.values(), ids=REFUSED)
def test_the_tree_stays_a_tree_of_sections_side_by_side(wanted, problem):
    with pytest.raises(problem):
        rules.demand_possible(wanted)


def test_a_unit_is_merged_into_the_one_above_it_and_a_section_into_another():
    rules.demand_possible(plan(MERGE, SHANGHAI, EAST))
    rules.demand_possible(plan(MERGE, FOOD, DRINKS))


@pytest.mark.rule("R159")
def test_what_goes_to_another_section_leaves_its_own_R159():
    assert rules.leaves_section(plan(MOVE, SHANGHAI, WEST))
    assert rules.leaves_section(plan(MOVE, SHANGHAI, OFFICE))
    assert rules.leaves_section(plan(MERGE, FOOD, DRINKS))
    assert not rules.leaves_section(plan(MERGE, SHANGHAI, EAST))
    assert not rules.leaves_section(plan(MOVE, SHANGHAI, FOOD))
    assert not rules.leaves_section(plan(MOVE, FOOD, OFFICE))


def test_the_section_of_a_unit_is_the_nearest_that_works():
    assert [section_of(path(unit)) for unit in (SHANGHAI, FOOD, OFFICE)] == ["food", "food", ""]
    merged = Unit("old", "food", "SECTION", closed=True)
    assert section_of([merged, *path(FOOD)]) == "food"


@pytest.mark.rule("R158")
def test_a_section_does_not_stand_inside_a_section_R158():
    demand_place(path(GROUP), brings_section=True)
    demand_place(path(EAST), brings_section=False)
    with pytest.raises(SectionInsideSection):
        demand_place(path(EAST), brings_section=True)


def test_the_day_lies_within_a_year():
    today = date(2026, 3, 2)
    for days in (-366, 0, 366):
        rules.demand_near(today + timedelta(days=days), today)
    for days in (-367, 367):
        with pytest.raises(rules.TooFarAway):
            rules.demand_near(today + timedelta(days=days), today)


def test_what_is_effective_today_or_earlier_is_due():
    today = date(2026, 3, 2)
    due = [rules.is_due(today + timedelta(days=days), today) for days in (-1, 0, 1)]
    assert due == [True, True, False]


def test_only_what_waits_is_called_off():
    rules.demand_scheduled("SCHEDULED")
    for state in ("APPLIED", "CANCELLED", "FAILED"):
        with pytest.raises(rules.ChangeClosed):
            rules.demand_scheduled(state)
