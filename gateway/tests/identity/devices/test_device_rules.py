from datetime import UTC, datetime, timedelta

import pytest
from gateway.identity.devices import rules
from gateway.identity.devices.rules import Phone, State
from gateway.identity.roles.rules import Holding

NOW = datetime(2026, 3, 2, tzinfo=UTC)
REP = Holding(
    frozenset({"attendance.clock", "tracks.append", "visits.*", "customers.read"}), "shanghai", "SELF"
)
ADMIN = Holding(frozenset({"users.update"}), "shanghai", "UNIT")
CHIEF = Holding(frozenset({"*"}), "hq", "ALL")


def test_only_what_waits_is_decided():
    assert rules.decided(State.PENDING, State.BOUND) is State.BOUND
    for state in set(State) - {State.PENDING}:
        with pytest.raises(rules.DeviceStateUnfit):
            rules.decided(state, State.REJECTED)


def test_what_was_rejected_or_revoked_is_not_revoked():
    assert {rules.revoked(state) for state in rules.REVOCABLE} == {State.REVOKED}
    for state in (State.REVOKED, State.REJECTED):
        with pytest.raises(rules.DeviceStateUnfit):
            rules.revoked(state)


def test_nobody_decides_about_their_own_phone():
    rules.demand_other("boss", "rep")
    with pytest.raises(rules.OwnDevice):
        rules.demand_other("rep", "rep")


def test_a_phone_takes_part_while_it_is_bound_and_until_its_queue_ends():
    assert rules.takes_part(State.BOUND, None, NOW)
    assert rules.takes_part(State.REPLACED, NOW + timedelta(seconds=1), NOW)
    assert not rules.takes_part(State.REPLACED, NOW, NOW)
    for state in (State.PENDING, State.REVOKED, State.REJECTED):
        assert not rules.takes_part(state, NOW + timedelta(days=1), NOW)


def test_a_replaced_phone_may_hand_in_and_nothing_else():
    holdings = [REP, ADMIN]
    assert rules.permitted(holdings, None) == holdings
    assert rules.permitted(holdings, Phone("p")) == holdings
    (left,) = rules.permitted(holdings, Phone("p", NOW))
    assert (left.permissions, left.scope) == (rules.HANDED_IN, "SELF")
    assert rules.permitted([CHIEF], Phone("p", NOW))[0].permissions == rules.HANDED_IN
    assert rules.permitted([ADMIN], Phone("p", NOW)) == []


@pytest.mark.rule("R032")
@pytest.mark.rule("R135")
def test_people_share_a_phone_when_they_were_seen_on_it_within_thirty_days_R032_R135():
    assert rules.seen_together(NOW - timedelta(days=30) + timedelta(seconds=1), NOW)
    assert not rules.seen_together(NOW - timedelta(days=30), NOW)
    assert rules.pairs("b", ["c", "a"]) == [("a", "b"), ("b", "c")]
