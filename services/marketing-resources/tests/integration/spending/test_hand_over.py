import pytest
from chassis.events import store_newer
from directory.tables import units
from journeyman.marketing.v1 import events_pb2
from journeyman.marketing.v1 import spend_plans_pb2 as pb
from marketing_resources.spend_plans.moves import hand_over

from directory import HandOver

BRANCH = "00000000-0000-7000-8000-0000000000a2"
OPERATIONS = "00000000-0000-7000-8000-0000000000a1"


@pytest.fixture
def give(world):
    """Tells the service that what a planner has goes to somebody else now."""

    def tell(planner, successor, unit=OPERATIONS):
        with world.database.begin() as connection:
            hand_over(connection, HandOver(planner.id, successor.id, unit, world.clock.now()))

    return tell


def test_drafts_go_to_the_successor_and_what_is_under_review_stays(world, give, an_item):
    leaver, successor = world.planner(), world.planner()
    budget = world.budget(1000)
    draft = leaver.draft(an_item(budget, 100))
    returned = leaver.submitted(an_item(budget, 100))
    leaver.withdraw(returned)
    waiting = leaver.submitted(an_item(budget, 100))
    before = world.balances(budget)
    give(leaver, successor)
    owners = [leaver.plan(plan).applicant_id for plan in (draft, returned, waiting)]
    assert owners == [successor.id, successor.id, leaver.id]
    assert world.balances(budget) == before
    assert successor.submit(draft).state == pb.SpendPlan.STATE_IN_REVIEW
    told = world.facts("marketing.spend_plan.changed", events_pb2.SpendPlanChanged)
    assert {fact.applicant_id for _, fact in told if fact.spend_plan_id == returned.id} == {
        leaver.id,
        successor.id,
    }
    give(leaver, successor)
    assert len(world.facts("marketing.spend_plan.changed", events_pb2.SpendPlanChanged)) == len(told)


@pytest.mark.rule("R159")
def test_no_plan_goes_to_another_section_R159(world, give, an_item):
    leaver, successor = world.planner(), world.planner(unit=BRANCH)
    draft = leaver.draft(an_item(world.budget(1000), 100))
    row = {"parent_id": None, "kind": "SECTION", "code": "", "version": 1}
    with world.database.begin() as connection:
        store_newer(connection, units, [{"id": OPERATIONS, **row}, {"id": BRANCH, **row}])
    give(leaver, successor, BRANCH)
    assert leaver.plan(draft).applicant_id == leaver.id
