"""The money of spend plans against a small model of it, over orders of calls that hypothesis can think of.

The real service answers over gRPC from PostgreSQL. The model says before each call whether it is refused and
why; after each call every balance, every entry of the ledger and every state is what the model says.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from journeyman.marketing.v1.approvals_pb2 import ApprovalTask
from journeyman.marketing.v1.spend_plans_pb2 import SpendPlan

STEPS = [ApprovalTask.STEP_MARKETING_CENTRE, ApprovalTask.STEP_MARKET_DEPARTMENT, ApprovalTask.STEP_FINANCE]
MOVES = {
    "GRANT": (None, "available"),
    "RESERVE": ("available", "reserved"),
    "RELEASE": ("reserved", "available"),
    "COMMIT": ("reserved", "committed"),
    "PAY": ("committed", "paid"),
}
EXAMPLE = count()


@dataclass
class Budget:
    """A budget of the model."""

    id: str
    granted: int
    balances: Counter = field(default_factory=Counter)
    moves: list = field(default_factory=list)

    def standing(self):
        return tuple(self.balances[name] for name in ("available", "reserved", "committed", "paid"))

    def move(self, kind, amount):
        source, target = MOVES[kind]
        if source:
            self.balances[source] -= amount
        self.balances[target] += amount
        self.moves.append((kind, amount))


@dataclass(eq=False)
class Plan:
    """A plan of the model: `step` counts the approvals of this submission."""

    message: SpendPlan
    applicant: str
    items: list
    state: int = SpendPlan.STATE_DRAFT
    step: int = 0
    deciders: set = field(default_factory=set)
    tasks: list = field(default_factory=list)

    def wanted(self):
        wanted = Counter()
        for budget, amount in self.items:
            wanted[budget.id] += amount
        return wanted

    def standing(self):
        """Return the state, and the step that waits for a decision."""
        in_review = self.state == SpendPlan.STATE_IN_REVIEW
        return (
            SpendPlan.State.Name(self.state),
            ApprovalTask.Step.Name(STEPS[self.step]) if in_review else "",
        )

    def move(self, kind):
        for budget, amount in self.items:
            budget.move(kind, amount)


@dataclass(eq=False)
class Due:
    """A disbursement of the model; `payment` is who paid it under which number, how much and when."""

    message: object
    budget: Budget
    amount: int
    payment: tuple | None = None


@dataclass(frozen=True)
class Actor:
    """Who calls, and what the model knows of their rights."""

    caller: object
    person: bool = True
    writes: bool = False
    decides: bool = False
    duties: tuple = ()
    confirms: bool = False


def cast(world):
    """Return the actors by name; the right ones of the three steps first."""
    everything = {"writes": True, "decides": True, "duties": tuple(STEPS), "confirms": True}
    deciders = {f"decider {step}": Actor(world.decider(step), decides=True, duties=(step,)) for step in STEPS}
    return deciders | {
        "planner": Actor(world.planner(), writes=True),
        "other planner": Actor(world.planner(), writes=True),
        "boss": Actor(world.caller("*"), **everything),
        "other boss": Actor(world.caller("*"), **everything),
        "robot": Actor(world.caller("*", person=False), person=False, **everything),
        "finance system": Actor(world.finance_system(), person=False, confirms=True),
    }


NAMES = [*(f"decider {step}" for step in STEPS), "planner", "other planner", "boss", "other boss", "robot"]
amounts = st.one_of(st.integers(1, 120), st.sampled_from([100, 200, 300]))
numbers = st.sampled_from(["1", "2"])


class MoneyMachine(RuleBasedStateMachine):
    budgets = Bundle("budgets")
    plans = Bundle("plans")
    dues = Bundle("dues")
    items = st.lists(st.tuples(budgets, amounts), max_size=3)
    some_items = st.lists(st.tuples(budgets, amounts), min_size=1, max_size=3)

    world = None
    actors = None
    an_item = None
    money = None

    def __init__(self):
        super().__init__()
        self.example = next(EXAMPLE)
        self.all_budgets, self.all_plans, self.all_dues = [], [], []
        self.payments = {}

    @initialize(target=budgets)
    def two_budgets(self):
        return multiple(self._grant(300), self._grant(500))

    @rule(target=budgets, amount=amounts)
    def grant(self, amount):
        return self._grant(amount)

    def _grant(self, amount):
        budget = Budget(self.world.budget(amount), amount)
        budget.move("GRANT", amount)
        self.all_budgets.append(budget)
        return budget

    @rule(target=plans, name=st.sampled_from(NAMES), items=items)
    def draft(self, name, items):
        actor = self.actors[name]
        expected = self._writing(actor)
        message = self._call(expected, actor.caller.draft, *self._items(items))
        if expected:
            return multiple()
        plan = Plan(message, name, items)
        self.all_plans.append(plan)
        return plan

    @rule(target=plans, name=st.sampled_from(["planner", "boss"]), items=some_items)
    def submit_at_once(self, name, items):
        """Draft and submit in one go: by single steps hypothesis comes too seldom as far as a payment."""
        plan = Plan(self.actors[name].caller.draft(*self._items(items)), name, items)
        self.all_plans.append(plan)
        self._submit(plan, name)
        return plan

    @rule(plan=plans, name=st.sampled_from(NAMES), items=items)
    def rewrite(self, plan, name, items):
        expected = self._changing(plan, name) or ("" if self._is_draft(plan) else "PLAN_NOT_DRAFT")
        self._call(expected, self.actors[name].caller.rewrite, plan.message, *self._items(items))
        if not expected:
            plan.items = items

    @rule(plan=plans, name=st.sampled_from(NAMES))
    def submit_by_anybody(self, plan, name):
        self._submit(plan, name)

    @rule(plan=plans)
    def submit(self, plan):
        self._submit(plan, plan.applicant)

    def _submit(self, plan, name):
        expected = self._changing(plan, name) or self._submitting(plan)
        message = self._call(expected, self.actors[name].caller.submit, plan.message)
        if not expected:
            plan.move("RESERVE")
            plan.state, plan.step, plan.deciders = SpendPlan.STATE_IN_REVIEW, 0, set()
            plan.tasks.append(message.approval_tasks[-1])

    def _submitting(self, plan):
        if not self._is_draft(plan):
            return "PLAN_NOT_DRAFT"
        if not plan.items:
            return "PLAN_EMPTY"
        available = {budget.id: budget.balances["available"] for budget, _ in plan.items}
        exceeded = any(amount > available[budget] for budget, amount in plan.wanted().items())
        return "BUDGET_EXCEEDED" if exceeded else ""

    @rule(plan=plans, name=st.sampled_from(NAMES))
    def withdraw_by_anybody(self, plan, name):
        self._withdraw(plan, name)

    @rule(plan=plans)
    def withdraw(self, plan):
        self._withdraw(plan, plan.applicant)

    def _withdraw(self, plan, name):
        in_review = plan.state == SpendPlan.STATE_IN_REVIEW
        expected = self._changing(plan, name) or ("" if in_review else "PLAN_NOT_IN_REVIEW")
        self._call(expected, self.actors[name].caller.withdraw, plan.message)
        if not expected:
            plan.move("RELEASE")
            plan.state = SpendPlan.STATE_DRAFT

    @rule(target=dues, plan=plans, decisions=st.sampled_from(["+++", "+++", "++", "+", "-", "+-", "++-"]))
    def decide_by_those_whose_duty_it_is(self, plan, decisions):
        made = []
        for decision in decisions:
            if plan.state == SpendPlan.STATE_IN_REVIEW:
                made += self._decide(plan, f"decider {STEPS[plan.step]}", approves=decision == "+")
        return multiple(*made)

    @rule(
        target=dues,
        plan=plans,
        name=st.sampled_from(["boss", "boss", "boss", "other boss", *NAMES]),
        approves=st.sampled_from([True, True, False]),
        back=st.sampled_from([1, 1, 1, 2]),
    )
    def decide_by_anybody(self, plan, name, approves, back):
        return multiple(*self._decide(plan, name, approves=approves, back=back))

    def _decide(self, plan, name, *, approves, back=1):
        """Decide on the newest task, or one further back. Returns the disbursements that it makes."""
        if len(plan.tasks) < back:
            return []
        actor, task = self.actors[name], plan.tasks[-back]
        expected = self._deciding(actor, name, plan, task)
        decide = actor.caller.approve if approves else actor.caller.reject
        self._call(expected, decide, SpendPlan(approval_tasks=[task]))
        if expected:
            return []
        plan.deciders.add(name)
        if not approves:
            plan.move("RELEASE")
            plan.state = SpendPlan.STATE_DRAFT
            return []
        return self._approved(plan)

    def _deciding(self, actor, name, plan, task):
        if not actor.decides:
            return "NOT_PERMITTED"
        if not actor.person:
            return "PERSON_REQUIRED"
        if plan.state != SpendPlan.STATE_IN_REVIEW or task is not plan.tasks[-1]:
            return "TASK_CLOSED"
        if STEPS[plan.step] not in actor.duties:
            return "NOT_YOUR_DUTY"
        if name == plan.applicant:
            return "OWN_PLAN"
        return "DECIDED_BEFORE" if name in plan.deciders else ""

    def _approved(self, plan):
        plan.step += 1
        kept = self.actors["boss"].caller.plan(plan.message)
        if plan.step < len(STEPS):
            plan.tasks.append(kept.approval_tasks[-1])
            return []
        plan.move("COMMIT")
        plan.state = SpendPlan.STATE_APPROVED
        return self._dues_of(plan, kept)

    def _dues_of(self, plan, kept):
        system = self.actors["finance system"].caller
        found = system.list_disbursements(spend_plan_id=kept.id).disbursements
        by_item = {due.spend_plan_item_id: due for due in found}
        made = [
            Due(by_item.pop(item.id), budget, amount)
            for item, (budget, amount) in zip(kept.items, plan.items, strict=True)
        ]
        assert by_item == {}
        self.all_dues += made
        return made

    @rule(
        due=dues,
        name=st.sampled_from(["finance system", "finance system", "finance system", "robot", "planner"]),
        number=numbers,
        more=st.sampled_from([0, 0, 0, 1]),
        day=st.sampled_from(["2026-03-10", "2026-03-10", "2026-03-09"]),
    )
    def confirm(self, due, name, number, more, day):
        self._confirm(due, name, number, due.amount + more, day)

    @rule(due=dues, numbers=st.permutations(["one", "one", "other"]))
    def confirm_again_and_again(self, due, numbers):
        for number in numbers:
            name = f"{number} for {due.message.id}"
            self._confirm(due, "finance system", name, due.amount, "2026-03-10")

    def _confirm(self, due, name, number, amount, day):
        actor, number = self.actors[name], f"{self.example}-{number}"
        expected = self._confirming(actor, due, (name, number), amount, day)
        paid = self.money(amount)
        self._call(expected, actor.caller.confirm, due.message, external_id=number, amount=paid, paid=day)
        if not expected and due.payment is None:
            due.payment = (name, number, amount, day)
            self.payments[name, number] = due
            due.budget.move("PAY", amount)

    def _confirming(self, actor, due, key, amount, day):
        if not actor.confirms:
            return "NOT_PERMITTED"
        known = self.payments.get(key)
        if known:
            return "" if known is due and due.payment == (*key, amount, day) else "EXTERNAL_ID_USED"
        if due.payment:
            return "DISBURSEMENT_PAID"
        return "" if amount == due.amount else "AMOUNT_DIFFERS"

    @staticmethod
    def _writing(actor):
        return "NOT_PERMITTED" if not actor.writes else "" if actor.person else "PERSON_REQUIRED"

    def _changing(self, plan, name):
        return self._writing(self.actors[name]) or ("" if name == plan.applicant else "NOT_FOUND")

    @staticmethod
    def _is_draft(plan):
        return plan.state == SpendPlan.STATE_DRAFT

    def _items(self, items):
        return [self.an_item(budget.id, amount) for budget, amount in items]

    def _call(self, expected, call, *arguments, **fields):
        """Make a call. Returns its answer; fails unless it is refused for the expected reason."""
        try:
            answer, reason = call(*arguments, **fields), ""
        except grpc.RpcError as error:
            answer, reason = None, _reason(error)
        assert reason == expected
        return answer

    @invariant()
    def balances_are_those_of_the_model(self):
        kept = self.world.all_balances(self._ids(self.all_budgets))
        assert kept == {budget.id: budget.standing() for budget in self.all_budgets}
        for budget in self.all_budgets:
            assert min(kept[budget.id]) >= 0
            assert sum(kept[budget.id]) == budget.granted

    @invariant()
    def the_ledger_is_gapless_and_adds_up(self):
        entries = self.world.all_entries(self._ids(self.all_budgets))
        for budget in self.all_budgets:
            running = Budget(budget.id, budget.granted)
            for sequence, entry in enumerate(entries[budget.id], 1):
                running.move(entry.kind, entry.amount)
                after = entry.available, entry.reserved, entry.committed, entry.paid
                assert (entry.sequence, after) == (sequence, running.standing())
            assert running.moves == budget.moves

    @staticmethod
    def _ids(budgets):
        return [budget.id for budget in budgets]

    @invariant()
    def plans_wait_where_the_model_says(self):
        kept = self.world.plan_states([plan.message.id for plan in self.all_plans])
        assert kept == {plan.message.id: plan.standing() for plan in self.all_plans}

    @invariant()
    def what_is_paid_was_paid_as_the_model_says(self):
        kept = self.world.payments([due.message.id for due in self.all_dues])
        payments = {due.message.id: due.payment for due in self.all_dues if due.payment}
        assert kept == {key: (number, day) for key, (_, number, _, day) in payments.items()}


def _reason(error):
    for detail in rpc_status.from_call(error).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return error.code().name


@pytest.fixture
def machine(quiet, an_item, money):
    class Machine(MoneyMachine):
        """The machine over this world."""

    Machine.world, Machine.actors = quiet, cast(quiet)
    Machine.an_item, Machine.money = staticmethod(an_item), staticmethod(money)
    return Machine


def profile(examples, steps):
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def test_money_moves_as_the_model_says(quiet, machine):
    run_state_machine_as_test(machine, settings=profile(20, 25))
    assert quiet.findings() == []


@pytest.mark.soak
def test_money_moves_as_the_model_says_for_long(quiet, machine):
    run_state_machine_as_test(machine, settings=profile(500, 60))
    assert quiet.findings() == []
