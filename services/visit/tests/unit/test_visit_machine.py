"""Two visits of one person against a small model, over every order of calls that hypothesis can think of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from visit.photos.rules import PhotoBeforeChecklist, demand_photo
from visit.visits.rules import (
    CheckIn,
    ChecklistMissing,
    ChecklistSubmitted,
    ItemsNotTicked,
    Notes,
    Occasion,
    PhotoKind,
    Tick,
    Visit,
    VisitInProgress,
    VisitNotCompleted,
    VisitNotInProgress,
    VisitNotOpen,
    VisitState,
    check_in,
    check_out,
    complete,
    demand_checklist,
    submit_checklist,
)

OCCASION = Occasion(date(2026, 3, 2), "east")
which_visit = st.integers(0, 1)


class Model:
    """What a visit is: how many of its four steps are taken, and what its photos show."""

    def __init__(self):
        self.steps = []
        self.shown = set()


class VisitMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now = datetime(2026, 3, 2, 1, tzinfo=UTC)
        self.visits = [
            Visit(id=str(number), user_id="u", customer_id="c", occasion=OCCASION) for number in (0, 1)
        ]
        self.models = [Model(), Model()]

    def attempt(self, number, refusal, change, step):
        """Make a change that must be refused, or must succeed and be noted."""
        self.now += timedelta(minutes=1)
        if refusal:
            with pytest.raises(refusal):
                change(self.visits[number])
            return
        self.visits[number] = change(self.visits[number])
        self.models[number].steps.append(step)

    @rule(number=which_visit)
    def checking_in(self, number):
        steps, other = self.models[number].steps, self.models[1 - number].steps
        elsewhere = other in (["in"], ["in", "list"])
        refusal = VisitNotOpen if steps else VisitInProgress if elsewhere else None
        self.attempt(
            number, refusal, lambda v: check_in(v, CheckIn(self.now), OCCASION, elsewhere=elsewhere), "in"
        )

    @rule(number=which_visit, ticked=st.sets(st.sampled_from(Tick)) | st.just(set(Tick)))
    def submitting_the_checklist(self, number, ticked):
        steps = self.models[number].steps
        refusal = None if ticked == set(Tick) else ItemsNotTicked
        if steps != ["in"]:
            refusal = ChecklistSubmitted if steps == ["in", "list"] else VisitNotInProgress
        self.attempt(number, refusal, lambda v: submit_checklist(v, ticked, (), self.now), "list")

    @rule(number=which_visit, kind=st.sampled_from(PhotoKind), early=st.booleans())
    def taking_a_photo(self, number, kind, early):
        steps, visit = self.models[number].steps, self.visits[number]
        if steps != ["in", "list"]:
            with pytest.raises(ChecklistMissing if steps == ["in"] else VisitNotInProgress):
                demand_checklist(visit)
        elif early:
            with pytest.raises(PhotoBeforeChecklist):
                demand_photo(visit.checklist_at - timedelta(minutes=1), demand_checklist(visit), 0)
        else:
            demand_photo(self.now, demand_checklist(visit), 0)
            self.models[number].shown.add(kind)

    @rule(number=which_visit)
    def completing(self, number):
        steps, shown = self.models[number].steps, self.models[number].shown
        refusal = {2: None}.get(len(steps), VisitNotInProgress)
        if steps == ["in"]:
            refusal = ChecklistMissing
        self.attempt(number, refusal, lambda v: complete(v, shown, Notes(), self.now), "complete")

    @rule(number=which_visit)
    def checking_out(self, number):
        refusal = None if len(self.models[number].steps) == 3 else VisitNotCompleted
        self.attempt(number, refusal, lambda v: check_out(v, self.now), "out")

    @invariant()
    def the_visits_are_what_the_models_say(self):
        states = [VisitState.OPEN, VisitState.IN_PROGRESS, VisitState.IN_PROGRESS]
        states += [VisitState.COMPLETED, VisitState.CHECKED_OUT]
        for visit, model in zip(self.visits, self.models, strict=True):
            assert visit.state is states[len(model.steps)]
            assert visit.version == len(model.steps) + 1
            assert visit.valid == ("complete" in model.steps and model.shown == set(PhotoKind))

    @invariant()
    def the_person_is_at_one_customer_at_a_time(self):
        assert [visit.state for visit in self.visits].count(VisitState.IN_PROGRESS) < 2

    @invariant()
    def times_follow_the_order_of_the_steps(self):
        for visit in self.visits:
            times = [visit.check_in and visit.check_in.at, visit.checklist_at]
            times += [visit.completed_at, visit.checked_out_at]
            taken = [at for at in times if at]
            assert taken == sorted(taken)
            assert taken == times[: len(taken)]


TestVisitMachine = pytest.mark.rule("R016")(VisitMachine.TestCase)
TestVisitMachine.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
