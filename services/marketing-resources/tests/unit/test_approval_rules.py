import pytest
from marketing_resources.approvals.rules import DUTIES, DecidedBefore, OwnPlan, demand_decider
from marketing_resources.spend_plans.rules import Step


@pytest.mark.rule("R044")
def test_nobody_decides_on_a_plan_of_their_own_R044():
    with pytest.raises(OwnPlan):
        demand_decider("me", "me", [])


def test_one_person_decides_one_step():
    demand_decider("me", "you", ["she"])
    with pytest.raises(DecidedBefore):
        demand_decider("me", "you", ["she", "me"])


def test_each_step_is_a_duty_of_its_own():
    assert set(DUTIES) == set(Step)
    assert len(set(DUTIES.values())) == len(Step)
