"""Account changes in any order, against a model of a few lines."""

import uuid
from contextlib import contextmanager

import grpc
import pytest
from chassis.identifiers import new_id
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from journeyman.identity.v1 import account_changes_pb2 as pb

PEOPLE = ("one", "two", "three")
FILERS = ("consumer.admin", "east.manager")
DECIDERS = ("east.manager", "admin")
BEGINS_WITH = {
    "OPEN": {"DISABLED"},
    "CLOSE": {"ACTIVE", "FROZEN", "DISABLED"},
    "CHANGE": {"ACTIVE", "FROZEN"},
    "FREEZE": {"ACTIVE"},
    "UNFREEZE": {"FROZEN"},
}
BECOMES = {"OPEN": "ACTIVE", "CLOSE": "DISABLED", "FREEZE": "FROZEN", "UNFREEZE": "ACTIVE"}
WAITING = ("FILED", "APPROVED")


class Filed:
    """A change as the model has it."""

    def __init__(self, kind, person, successor, filer, state="FILED"):
        self.kind, self.person, self.successor, self.filer, self.state = kind, person, successor, filer, state


class Accounts(RuleBasedStateMachine):
    """Three people of one district; the platform has the others of the demo organisation besides."""

    def __init__(self, identity, desk):
        super().__init__()
        self.desk = desk
        self.identity = identity
        self.account = dict.fromkeys(PEOPLE, "ACTIVE")
        self.changes = {}
        self.ids = {}
        for name in PEOPLE:
            self.ids[name] = desk.ids[name] = new_id()
            values = {"id": self.ids[name], "name": f"{name}.{uuid.uuid4().hex}"}
            identity.change(
                "INSERT INTO users (id, username, display_name, unit_id, kind, state, version, created_at,"
                " updated_at) SELECT :id, :name, :name, id, 'EMPLOYEE', 'ACTIVE', 1, clock_timestamp(),"
                " clock_timestamp() FROM org_units WHERE code = 'shanghai'",
                **values,
            )

    @rule(
        kind=st.sampled_from(sorted(BEGINS_WITH)),
        person=st.sampled_from(PEOPLE),
        other=st.sampled_from(PEOPLE),
        filer=st.sampled_from(FILERS),
    )
    def file(self, kind, person, other, filer):
        successor = next(name for name in (other, *PEOPLE) if name != person) if kind == "CLOSE" else None
        fields = {"successor_id": self.ids[successor]} if successor else {}
        if kind == "CHANGE":
            fields["roles"] = [self.desk.role("field_rep")]
        expected = None
        if successor and self.account[successor] != "ACTIVE":
            expected = "SUCCESSOR_INACTIVE"
        elif self.account[person] not in BEGINS_WITH[kind]:
            expected = "ACCOUNT_STATE_UNFIT"
        elif self.waiting(person, kind):
            expected = "ACCOUNT_CHANGE_PENDING"
        with refused_for(expected):
            filed = self.desk.file(pb.AccountChange.Kind.Value(f"KIND_{kind}"), person, by=filer, **fields)
            self.changes[filed.id] = Filed(kind, person, successor, filer)

    @rule(person=st.sampled_from(PEOPLE))
    def freeze_beforehand(self, person):
        expected = None
        if self.account[person] != "ACTIVE":
            expected = "ACCOUNT_STATE_UNFIT"
        elif self.waiting(person, "FREEZE"):
            expected = "ACCOUNT_CHANGE_PENDING"
        with refused_for(expected):
            frozen = self.desk.freeze(person)
            self.changes[frozen.id] = Filed("FREEZE", person, None, "east.manager", "CARRIED_OUT")
            self.account[person] = "FROZEN"

    @precondition(lambda self: self.changes)
    @rule(data=st.data(), verdict=st.sampled_from(["approve", "reject"]), decider=st.sampled_from(DECIDERS))
    def decide(self, data, verdict, decider):
        change_id, change = self.chosen(data)
        expected = None
        if decider == change.filer:
            expected = "OWN_ACCOUNT_CHANGE"
        elif change.state != "FILED":
            expected = "ACCOUNT_CHANGE_DECIDED"
        elif verdict == "approve" and self.account[change.person] not in BEGINS_WITH[change.kind]:
            expected = "ACCOUNT_STATE_UNFIT"
        with refused_for(expected):
            getattr(self.desk, verdict)(pb.AccountChange(id=change_id), by=decider)
            change.state = "APPROVED" if verdict == "approve" else "REJECTED"
            if verdict == "approve" and change.kind == "FREEZE":
                self.take_effect(change)

    @precondition(lambda self: self.changes)
    @rule(data=st.data(), by=st.sampled_from(FILERS))
    def withdraw(self, data, by):
        change_id, change = self.chosen(data)
        expected = None
        if by != change.filer:
            expected = "NOT_YOUR_ACCOUNT_CHANGE"
        elif change.state not in WAITING:
            expected = "ACCOUNT_CHANGE_DECIDED"
        with refused_for(expected):
            self.desk.withdraw(pb.AccountChange(id=change_id), by=by)
            change.state = "WITHDRAWN"

    @precondition(lambda self: self.changes)
    @rule(data=st.data())
    def carry_out(self, data):
        change_id, change = self.chosen(data)
        expected = None
        if change.state != "APPROVED":
            expected = "ACCOUNT_CHANGE_NOT_APPROVED"
        elif self.account[change.person] not in BEGINS_WITH[change.kind]:
            expected = "ACCOUNT_STATE_UNFIT"
        elif change.successor and self.account[change.successor] != "ACTIVE":
            expected = "SUCCESSOR_INACTIVE"
        with refused_for(expected):
            self.desk.carry_out(pb.AccountChange(id=change_id))
            self.take_effect(change)

    @invariant()
    def the_platform_has_what_the_model_has(self):
        found = self.identity.value(
            "SELECT jsonb_object_agg(id, state) FROM users WHERE id = ANY(CAST(:ids AS uuid[]))",
            ids=list(self.ids.values()),
        )
        assert found == {self.ids[name]: state for name, state in self.account.items()}
        filed = self.identity.value(
            "SELECT jsonb_object_agg(id, state) FROM account_changes"
            " WHERE user_id = ANY(CAST(:ids AS uuid[]))",
            ids=list(self.ids.values()),
        )
        assert (filed or {}) == {change_id: change.state for change_id, change in self.changes.items()}

    def waiting(self, person, kind):
        return any(
            (change.person, change.kind) == (person, kind) and change.state in WAITING
            for change in self.changes.values()
        )

    def chosen(self, data):
        """One of the changes, sooner one that waits."""
        waiting = [change_id for change_id, change in self.changes.items() if change.state in WAITING]
        change_id = data.draw(st.sampled_from(waiting or sorted(self.changes)))
        return change_id, self.changes[change_id]

    def take_effect(self, change):
        change.state = "CARRIED_OUT"
        self.account[change.person] = BECOMES.get(change.kind, self.account[change.person])
        if change.kind == "CLOSE":
            for other in self.changes.values():
                if other.person == change.person and other.state in WAITING:
                    other.state = "WITHDRAWN"


@contextmanager
def refused_for(reason):
    """What follows is refused for this reason; None: it is not."""
    if reason is None:
        yield
        return
    with pytest.raises(grpc.RpcError) as refused:
        yield
    info = error_details_pb2.ErrorInfo()
    details = rpc_status.from_call(refused.value).details
    assert any(detail.Unpack(info) for detail in details)
    assert info.reason == reason


@pytest.mark.rule("R156")
def test_account_changes_in_any_order_do_what_the_model_says_R156(identity, desk):
    for username in (*FILERS, *DECIDERS, "group.marketing"):
        desk.stub(username)
    run_state_machine_as_test(
        lambda: Accounts(identity, desk),
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
