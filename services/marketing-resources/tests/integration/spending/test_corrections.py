"""Submitted spend plans change only by an approved correction, and never in what they cost."""

import grpc
import pytest
from chassis.access import Scope
from google.protobuf.json_format import ParseDict
from journeyman.corrections.v1 import corrections_pb2 as pb
from journeyman.notices.v1.events_pb2 import NoticeRaised
from marketing_resources.spend_plans.moves import hand_over

from directory import HandOver

PLANNING = ("spendPlans.read", "spendPlans.write", "budgets.read", "corrections.file", "corrections.read")
DECIDING = ("spendPlans.read", "corrections.read", "corrections.decide")


@pytest.fixture
def planner(world):
    return world.caller(*PLANNING, scope=Scope.UNIT)


def file(person, plan, **values):
    request = pb.FileCorrectionRequest(record=f"marketing.spendPlans/{plan.id}", reason="Typing error")
    return person.corrections.FileCorrection(ParseDict({"values": values}, request))


def approve(person, correction):
    return person.corrections.ApproveCorrection(pb.ApproveCorrectionRequest(correction_id=correction.id))


def reject(person, correction):
    request = pb.RejectCorrectionRequest(correction_id=correction.id, note="No")
    return person.corrections.RejectCorrection(request)


def waiting(person):
    """The corrections that the person has to decide."""
    return [task.resource for task in person.open_work() if task.kind == "corrections.decideSpendPlans"]


def status_of(call, *arguments, **fields):
    with pytest.raises(grpc.RpcError) as refused:
        call(*arguments, **fields)
    return refused.value.code()


@pytest.mark.rule("R136")
def test_the_words_of_a_submitted_plan_are_corrected_by_a_superior_R136(world, planner, an_item):
    budget = world.budget(100_000)
    plan = planner.submitted(an_item(budget, 1_000, channel="JD"), an_item(budget, 10))
    first = plan.items[0].id
    correction = file(planner, plan, title="April", **{f"items.{first}.purpose": "Poster"})
    assert planner.plan(plan).title == plan.title
    approve(world.caller(*DECIDING), correction)
    corrected = planner.plan(plan)
    assert (corrected.title, corrected.items[0].purpose, corrected.items[0].channel) == (
        "April",
        "Poster",
        "JD",
    )
    assert corrected.items[1] == plan.items[1]
    assert corrected.items[0].amount == plan.items[0].amount
    assert world.balances(budget) == (98_990, 1_010, 0, 0)


def test_a_draft_and_the_money_of_a_plan_are_not_corrected(world, planner, an_item):
    budget = world.budget(100_000)
    draft = planner.draft(an_item(budget, 1_000))
    assert status_of(file, planner, draft, title="x") is grpc.StatusCode.FAILED_PRECONDITION
    plan = planner.submit(draft)
    item = plan.items[0].id
    for values in ({f"items.{item}.amount": {}}, {f"items.{item}.purpose": " "}, {"items": []}):
        assert status_of(file, planner, plan, **values) is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.rule("R136")
def test_who_owns_the_plan_meanwhile_neither_decides_nor_has_it_to_decide_R136(world, planner, an_item):
    plan = planner.submitted(an_item(world.budget(100_000), 1_000))
    colleague = world.caller(*PLANNING, "corrections.decide")
    correction = file(colleague, plan, title="April")
    successor, superior = world.caller(*PLANNING, "corrections.decide"), world.caller(*DECIDING)
    assert waiting(successor) == waiting(superior) == [f"corrections/{correction.id}"]
    planner.withdraw(plan)
    with world.database.begin() as connection:
        hand_over(connection, HandOver(planner.id, successor.id, plan.unit_id, world.clock.now()))
    successor.submit(plan)
    formerly = world.caller(*DECIDING, user=planner.id)
    for person in (successor, formerly, colleague):
        assert waiting(person) == []
        for decide in (approve, reject):
            assert status_of(decide, person, correction) is grpc.StatusCode.PERMISSION_DENIED
    assert waiting(superior) == [f"corrections/{correction.id}"]
    reject(superior, correction)
    (told,) = [
        set(notice.recipient_ids)
        for _, notice in world.facts("marketing.notice.raised", NoticeRaised)
        if notice.template == "corrections.rejected"
    ]
    assert told == {colleague.id, planner.id, successor.id}


def test_what_is_a_draft_again_is_not_corrected_nor_by_who_owns_it_meanwhile(world, planner, an_item):
    plan = planner.submitted(an_item(world.budget(100_000), 1_000))
    correction = file(planner, plan, title="April")
    planner.withdraw(plan)
    successor = world.caller(*PLANNING, "corrections.decide")
    assert status_of(approve, successor, correction) is grpc.StatusCode.ABORTED
    with world.database.begin() as connection:
        hand_over(connection, HandOver(planner.id, successor.id, plan.unit_id, world.clock.now()))
    successor.submit(plan)
    assert status_of(approve, successor, correction) is grpc.StatusCode.PERMISSION_DENIED
    assert planner.plan(plan).title == plan.title
    approve(world.caller(*DECIDING), correction)
    assert planner.plan(plan).title == "April"
