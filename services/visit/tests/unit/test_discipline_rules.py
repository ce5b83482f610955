from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visit.discipline import rules
from visit.discipline.errors import ERRORS
from visit.discipline.rules import Cause, State, Step

STEPS = st.sampled_from(Step)


@pytest.mark.rule("R139")
def test_the_ladder_has_five_steps_that_are_taken_one_after_the_other_R139():
    taken = []
    for _ in range(5):
        taken.append(rules.step_to_take(None, taken, ""))
    assert [step.name for step in taken] == [
        "ORAL_WARNING",
        "WRITTEN_WARNING",
        "USE_BAN",
        "SUSPENSION",
        "DISMISSAL",
    ]
    with pytest.raises(rules.LadderAtItsEnd):
        rules.step_to_take(None, taken, "")


@pytest.mark.rule("R139")
def test_the_ladder_does_not_go_down_R139():
    for wanted in (Step.ORAL_WARNING, Step.WRITTEN_WARNING):
        with pytest.raises(rules.StepBelowLadder) as refused:
            rules.step_to_take(wanted, [Step.WRITTEN_WARNING], "serious")
        assert refused.value.next_step == "USE_BAN"


@pytest.mark.rule("R139")
def test_steps_are_skipped_for_a_reason_only_R139():
    for reason in ("", "  "):
        with pytest.raises(rules.StepSkipsLadder) as refused:
            rules.step_to_take(Step.USE_BAN, [], reason)
        assert refused.value.next_step == "ORAL_WARNING"
    assert rules.step_to_take(Step.USE_BAN, [], "a whole customer list was sold") is Step.USE_BAN


@pytest.mark.rule("R196")
def test_a_serious_breach_of_conduct_is_a_dismissal_R196():
    rules.demand_grounds(Cause.CONDUCT, cites=False, facts="威胁客户")
    assert rules.step_to_take(Step.DISMISSAL, [], "serious") is Step.DISMISSAL


@pytest.mark.rule("R139")
@pytest.mark.parametrize(
    ("step", "state", "refusal"),
    [
        (Step.USE_BAN, State.EFFECTIVE, None),
        (Step.SUSPENSION, State.EFFECTIVE, None),
        (Step.SUSPENSION, State.ENDED, rules.ActionEnded),
        (Step.USE_BAN, State.WITHDRAWN, rules.ActionWithdrawn),
        (Step.WRITTEN_WARNING, State.EFFECTIVE, rules.StepHasNoEnd),
        (Step.DISMISSAL, State.EFFECTIVE, rules.StepHasNoEnd),
    ],
)
def test_a_use_ban_and_a_suspension_in_effect_are_ended_R139(step, state, refusal):
    with pytest.raises(refusal) if refusal else nullcontext():
        rules.demand_endable(step, state)


@given(st.lists(STEPS), st.none() | STEPS, st.sampled_from(["", "serious"]))
def test_a_step_that_is_taken_is_above_all_before(in_effect, wanted, reason):
    try:
        step = rules.step_to_take(wanted, in_effect, reason)
    except (rules.LadderAtItsEnd, rules.StepBelowLadder, rules.StepSkipsLadder):
        return
    assert all(step > before for before in in_effect)
    assert wanted in (None, step)
    assert reason or step == max(in_effect, default=0) + 1


@pytest.mark.parametrize(
    ("cause", "cites", "facts", "missing"),
    [
        (Cause.VIOLATIONS, False, "some words", "violation_ids"),
        (Cause.FALSIFICATION, True, " ", "facts"),
        (Cause.LEAK, False, "", "facts"),
        (Cause.CONDUCT, False, "", "facts"),
    ],
)
def test_a_step_names_what_it_is_taken_for(cause, cites, facts, missing):
    with pytest.raises(rules.GroundsMissing) as refused:
        rules.demand_grounds(cause, cites=cites, facts=facts)
    assert refused.value.field == missing


def test_a_refusal_names_the_next_step_in_words():
    for wanted, taken in ((Step.USE_BAN, [Step.ORAL_WARNING]), (Step.ORAL_WARNING, [Step.ORAL_WARNING])):
        with pytest.raises((rules.StepSkipsLadder, rules.StepBelowLadder)) as refused:
            rules.step_to_take(wanted, taken, "")
        kind = ERRORS[type(refused.value)]
        assert "a written warning" in kind.words("en", vars(refused.value))
        assert "下一级处分为书面警告," in kind.words("zh", vars(refused.value))
    assert set(rules.STEP_WORDS) == set(Step)
