from itertools import pairwise

import pytest
from chassis.money import Money
from hypothesis import given
from hypothesis import strategies as st
from marketing_resources.ledger.rules import (
    MOVES,
    Balances,
    BudgetExceeded,
    Kind,
    Movement,
    Overdrawn,
    Standing,
    demand_available,
)

MOVEMENTS = st.lists(st.tuples(st.sampled_from(Kind), st.integers(1, 50)), max_size=60)


def shown(balances):
    return (balances.available, balances.reserved, balances.committed, balances.paid)


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (Kind.GRANT, (13, 10, 10, 10)),
        (Kind.RESERVE, (7, 13, 10, 10)),
        (Kind.RELEASE, (13, 7, 10, 10)),
        (Kind.COMMIT, (10, 7, 13, 10)),
        (Kind.PAY, (10, 10, 7, 13)),
    ],
)
def test_each_kind_moves_money_between_its_two_accounts(kind, after):
    assert shown(Balances(10, 10, 10, 10).after(kind, 3)) == after


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.GRANT])
def test_an_account_gives_its_last_unit_and_not_one_more(kind):
    source, _ = MOVES[kind]
    assert getattr(Balances(5, 5, 5, 5).after(kind, 5), source) == 0
    with pytest.raises(Overdrawn) as caught:
        Balances(5, 5, 5, 5).after(kind, 6)
    assert (caught.value.account, caught.value.balance) == (source, 5)


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_than_nothing_never_move(amount):
    with pytest.raises(ValueError, match=str(amount)):
        Balances(5, 5, 5, 5).after(Kind.RESERVE, amount)


@given(MOVEMENTS)
def test_no_balance_falls_below_zero_and_granted_is_what_was_granted(movements):
    balances, granted = Balances(), 0
    for kind, amount in movements:
        try:
            balances = balances.after(kind, amount)
        except Overdrawn:
            continue
        granted += amount if kind is Kind.GRANT else 0
        assert min(shown(balances)) >= 0
        assert sum(shown(balances)) == granted


@given(MOVEMENTS)
def test_every_standing_follows_from_the_one_before_and_counts_up(movements):
    standings = [Standing(0, Balances(), "CNY")]
    for kind, amount in movements:
        movement = Movement(kind=kind, budget_id="", amount=amount)
        try:
            standings.append(standings[-1].after(movement))
        except Overdrawn:
            continue
    assert all(after.sequence == before.sequence + 1 for before, after in pairwise(standings))


@given(st.integers(0, 100), st.lists(st.integers(1, 40), max_size=5))
def test_reservations_are_refused_together_when_their_sum_exceeds_what_is_available(available, wanted):
    standings = {"b": Standing(1, Balances(available), "CNY")}
    movements = [Movement(kind=Kind.RESERVE, budget_id="b", amount=amount) for amount in wanted]
    if sum(wanted) <= available:
        demand_available(standings, movements)
        return
    with pytest.raises(BudgetExceeded) as caught:
        demand_available(standings, movements)
    assert caught.value.available == Money(available, "CNY")
    assert caught.value.wanted == Money(sum(wanted), "CNY")


def test_what_is_not_reserved_asks_nothing_of_what_is_available():
    standings = {"b": Standing(1, Balances(0, 5), "CNY")}
    demand_available(standings, [Movement(kind=Kind.COMMIT, budget_id="b", amount=5)])
