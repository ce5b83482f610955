import pytest
from customer.distributions import rules
from customer.distributions.rules import Held


def test_a_distribution_is_of_one_section():
    assert rules.demand_one_section(["food", "food"]) == "food"
    assert rules.demand_one_section([""]) == ""
    for mixed in (["food", "drinks"], ["food", ""]):
        with pytest.raises(rules.SectionsMixed):
            rules.demand_one_section(mixed)


@pytest.mark.parametrize("state", ["APPROVED", "REJECTED", "WITHDRAWN"])
def test_what_is_closed_stays_closed(state):
    rules.demand_filed("FILED")
    with pytest.raises(rules.DistributionClosed):
        rules.demand_filed(state)


def test_what_has_changed_hands_since_the_filing_stays_where_it_is():
    same = Held("same", "wang", "wang", "food")
    given = Held("given", "wang", "li", "food")
    gone = Held("gone", "wang", "wang", "drinks")
    assert rules.to_distribute([same, given, gone], "food") == ["same"]
    with pytest.raises(rules.NothingToDistribute):
        rules.to_distribute([given, gone], "food")
