from datetime import date, datetime, timedelta, timezone

import pytest
from gateway.identity.account_changes import rules
from gateway.identity.account_changes.rules import Kind, State

CHINA = timezone(timedelta(hours=8))


@pytest.mark.rule("R155")
@pytest.mark.parametrize(
    ("event_date", "last_moment"),
    [
        (date(2026, 3, 2), datetime(2026, 3, 3, 23, 59, 59, tzinfo=CHINA)),
        (date(2026, 3, 6), datetime(2026, 3, 9, 23, 59, 59, tzinfo=CHINA)),  # a Friday
        (date(2026, 9, 30), datetime(2026, 10, 8, 23, 59, 59, tzinfo=CHINA)),  # before the National Day week
    ],
)
def test_a_change_is_late_after_the_first_working_day_that_follows_R155(event_date, last_moment):
    assert not rules.is_late(event_date, last_moment)
    assert rules.is_late(event_date, last_moment + timedelta(seconds=1))
    assert not rules.is_late(event_date, last_moment - timedelta(days=30))
    assert rules.due(event_date) == last_moment + timedelta(seconds=1)


@pytest.mark.rule("R156")
@pytest.mark.parametrize("missing", ["user_id", "reason", "handling"])
def test_a_change_names_person_reason_and_handling_R156(missing):
    filled = {"user_id", "reason", "handling"}
    rules.demand_shape(Kind.FREEZE, filled)
    with pytest.raises(rules.FieldMissing) as refused:
        rules.demand_shape(Kind.FREEZE, filled - {missing})
    assert refused.value.field == missing


WORDS = {"reason", "handling", "event_date"}


@pytest.mark.parametrize(
    ("kind", "filled", "missing"),
    [
        (Kind.OPEN, {"new_unit_id"}, "new_person"),
        (Kind.OPEN, {"new_person"}, "new_unit_id"),
        (Kind.CLOSE, {"user_id"}, "successor_id"),
        (Kind.CHANGE, {"user_id"}, "roles"),
        (Kind.CHANGE, {"new_unit_id"}, "user_id"),
    ],
)
def test_a_kind_of_change_needs_its_fields(kind, filled, missing):
    with pytest.raises(rules.FieldMissing) as refused:
        rules.demand_shape(kind, filled | WORDS)
    assert refused.value.field == missing


@pytest.mark.parametrize(
    ("kind", "filled", "foreign"),
    [
        (Kind.OPEN, {"user_id", "new_person"}, "new_person"),
        (Kind.CLOSE, {"user_id", "successor_id", "roles"}, "roles"),
        (Kind.CHANGE, {"user_id", "roles", "successor_id"}, "successor_id"),
        (Kind.UNFREEZE, {"user_id", "new_unit_id"}, "new_unit_id"),
    ],
)
def test_a_field_of_another_kind_of_change_is_refused(kind, filled, foreign):
    with pytest.raises(rules.FieldForeign) as refused:
        rules.demand_shape(kind, filled | WORDS)
    assert refused.value.field == foreign


@pytest.mark.rule("R156")
def test_a_change_is_decided_before_it_is_carried_out_R156():
    assert rules.decided(State.FILED, State.APPROVED) is State.APPROVED
    assert rules.carried_out(State.APPROVED) is State.CARRIED_OUT
    for state in set(State) - {State.APPROVED}:
        with pytest.raises(rules.AccountChangeNotApproved):
            rules.carried_out(state)
    for state in set(State) - {State.FILED}:
        with pytest.raises(rules.AccountChangeDecided):
            rules.decided(state, State.REJECTED)


def test_what_has_ended_is_not_taken_back():
    assert {rules.withdrawn(state) for state in rules.WAITING} == {State.WITHDRAWN}
    for state in set(State) - set(rules.WAITING):
        with pytest.raises(rules.AccountChangeDecided):
            rules.withdrawn(state)


def test_a_day_that_can_only_be_a_mistake_is_refused():
    today = date(2026, 3, 2)
    rules.demand_near(date(2027, 3, 2), today)
    for day in (date.max, date(2028, 1, 1), date(1916, 3, 2)):
        with pytest.raises(rules.DateOutOfRange):
            rules.demand_near(day, today)
