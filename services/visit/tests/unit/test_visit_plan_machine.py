"""A plan against a small model of it, over every order of calls that hypothesis can think of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from chassis.calendar import local_date
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from visit.visit_plans.rules import (
    Plan,
    PlanEmpty,
    PlanLocked,
    PlanNotSubmitted,
    PlanState,
    StopBegun,
    WantedStop,
    amend,
    arrange,
    due_at,
    due_day,
    rewrite,
    submit,
)
from visit.work_policies.rules import DEFAULTS

MONDAY = date(2026, 3, 2)
WEEK = [MONDAY + timedelta(days=days) for days in range(7)]
visits_to_plan = st.lists(
    st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(WEEK)), max_size=6, unique=True
)


class PlanMachine(RuleBasedStateMachine):
    """The model knows a plan as the set of its visits, and which of them are history."""

    @initialize(wanted=visits_to_plan)
    def drafted(self, wanted):
        self.ids = 0
        self.now = datetime(2026, 2, 28, 4, tzinfo=UTC)
        self.due = due_at(MONDAY, DEFAULTS.clock_in_deadline)
        self.plan = Plan(id="p", user_id="u", unit_id="o", week_start=MONDAY, stops=(), due_at=self.due)
        self.plan = rewrite(self.plan, self.arranged(wanted), self.due)
        self.model = set(wanted)
        self.locked = False
        self.checked_in = set()
        self.amendments = []

    def new_id(self):
        self.ids += 1
        return f"stop {self.ids}"

    def arranged(self, wanted):
        """Return the stops as a client would send them: what stays carries its id."""
        ids = {(stop.customer_id, stop.visit_date): stop.id for stop in self.plan.stops}
        listed = [WantedStop(ids.get((customer, day), ""), customer, day) for customer, day in wanted]
        return arrange(listed, MONDAY, self.plan.stops, self.new_id)

    def history(self):
        today = local_date(self.now)
        passed = {(c, d) for d in WEEK if d < today for c in ("c1", "c2", "c3")}
        return passed | self.checked_in

    @rule(hours=st.integers(1, 40))
    def time_goes_on(self, hours):
        self.now += timedelta(hours=hours)

    @rule(wanted=visits_to_plan)
    def rewriting(self, wanted):
        stops = self.arranged(wanted)
        if self.locked:
            with pytest.raises(PlanLocked):
                rewrite(self.plan, stops, self.due)
        else:
            self.plan, self.model = rewrite(self.plan, stops, self.due), set(wanted)

    @rule()
    def submitting(self):
        refusal = PlanLocked if self.locked else None if self.model else PlanEmpty
        if refusal:
            with pytest.raises(refusal):
                submit(self.plan, self.now, self.due)
            return
        self.plan, self.locked = submit(self.plan, self.now, self.due), True
        late = (local_date(self.now), self.now) >= (due_day(MONDAY), self.due)
        assert self.plan.submitted_late == late

    @precondition(lambda self: self.locked)
    @rule(data=st.data())
    def checking_in(self, data):
        today = sorted(visit for visit in self.model if visit[1] == local_date(self.now))
        if today:
            self.checked_in.add(data.draw(st.sampled_from(today)))

    @rule(wanted=visits_to_plan)
    def amending(self, wanted):
        stops = self.arranged(wanted)
        begun = {s.id for s in self.plan.stops if (s.customer_id, s.visit_date) in self.checked_in}
        changed = self.model ^ set(wanted)
        refusal = PlanNotSubmitted if not self.locked else StopBegun if changed & self.history() else None
        if refusal:
            with pytest.raises(refusal):
                amend(self.plan, stops, "why", begun=begun, at=self.now)
            return
        self.plan, amendment = amend(self.plan, stops, "why", begun=begun, at=self.now)
        assert {(s.customer_id, s.visit_date) for s in amendment.added} == set(wanted) - self.model
        assert {(s.customer_id, s.visit_date) for s in amendment.removed} == self.model - set(wanted)
        self.model = set(wanted)
        self.amendments.append(amendment.plan_version)

    @invariant()
    def the_plan_is_what_the_model_says(self):
        stops = self.plan.stops
        assert {(stop.customer_id, stop.visit_date) for stop in stops} == self.model
        assert (self.plan.state is PlanState.SUBMITTED) == self.locked
        assert self.checked_in <= self.model
        assert self.amendments == sorted(set(self.amendments))

    @invariant()
    def every_route_counts_from_one_without_a_gap(self):
        for day in WEEK:
            route = [stop.sequence for stop in self.plan.stops if stop.visit_date == day]
            assert route == list(range(1, len(route) + 1))


TestPlanMachine = pytest.mark.rule("R012")(PlanMachine.TestCase)
TestPlanMachine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
