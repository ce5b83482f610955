import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from chassis.events import Received
from gateway.identity.discipline import following, rules
from gateway.identity.org_units.store import OwnTree
from journeyman.identity.v1 import account_changes_pb2 as changes_pb
from journeyman.identity.v1 import account_changes_pb2_grpc, sessions_pb2, users_pb2, users_pb2_grpc
from journeyman.visit.v1.events_pb2 import DisciplinaryActionChanged

SUPERIOR = "shanghai.manager"
PERSON = "shanghai.rep3"
LEAVER = "shanghai.rep4"  # loses the roles, for the other tests of the module too


@pytest.fixture
def apply(identity, people):
    """Applies events of visit as the consumer does."""
    subscription = following.subscription(identity.runtime.clock, OwnTree(identity.database))

    def apply(step, *others, username=PERSON, by=SUPERIOR, action_id=None, state="EFFECTIVE"):
        action = DisciplinaryActionChanged(
            disciplinary_action_id=action_id or str(uuid.uuid4()),
            user_id=people[username],
            step=step,
            cause="FALSIFICATION",
            action_date="2026-03-02",
            taken_by_id=people[by],
            effective=state == "EFFECTIVE",
            state=state,
        )
        with identity.database.begin() as connection:
            subscription.apply(connection, [Received(None, each) for each in (action, *others)])
        return action.disciplinary_action_id

    return apply


@pytest.fixture(autouse=True)
def open_accounts(identity):
    identity.change("DELETE FROM disciplinary_holds")
    identity.change("DELETE FROM account_changes")
    identity.change("UPDATE users SET state = 'ACTIVE', freeze_reason = ''")


@pytest.fixture
def account(identity):
    def read(username=PERSON):
        state = identity.value("SELECT state FROM users WHERE username = :name", name=username)
        reason = identity.value("SELECT freeze_reason FROM users WHERE username = :name", name=username)
        return state, reason

    return read


@pytest.fixture
def filed(identity):
    """The account changes on file: kind and state."""

    def read():
        with identity.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT kind, state FROM account_changes ORDER BY id")
            return [tuple(row) for row in rows]

    return read


@pytest.mark.rule("R139")
@pytest.mark.parametrize("step", ["ORAL_WARNING", "WRITTEN_WARNING"])
def test_a_warning_leaves_the_account_alone_R139(apply, account, step):
    apply(step)
    assert account() == ("ACTIVE", "")


@pytest.mark.rule("R139")
@pytest.mark.parametrize("step", ["USE_BAN", "SUSPENSION", "DISMISSAL"])
def test_from_the_third_step_on_the_account_is_frozen_at_once_R139(
    identity, people, apply, account, refused, step
):
    session = identity.login(PERSON)
    before = len(identity.events("user.changed"))
    action_id = apply(step)
    assert account() == ("FROZEN", f"disciplinaryActions/{action_id}")
    assert len(identity.events("user.changed")) == before + 1
    assert identity.events("access.revoked")[-1].subject == people[PERSON]
    with refused() as refusal:
        identity.login(PERSON)
    assert refusal.code == "UNAUTHENTICATED"
    with refused() as refusal:
        request = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
        identity.anonymous.RefreshSession(request)
    assert refusal.reason == "SESSION_ENDED"


@pytest.mark.rule("R139")
def test_a_dismissal_files_the_closing_for_another_superior_R139(
    identity, people, apply, account, filed, tokens
):
    action_id = apply("DISMISSAL", username=LEAVER)
    assert filed() == [("CLOSE", "FILED")]
    stub = identity.stub(account_changes_pb2_grpc.AccountChangeServiceStub, tokens("admin"))
    (change,) = stub.ListAccountChanges(changes_pb.ListAccountChangesRequest()).account_changes
    assert (change.user_id, change.successor_id) == (people[LEAVER], people[SUPERIOR])
    assert (change.event_date, change.reason) == ("2026-03-02", f"disciplinaryActions/{action_id}")
    stub.ApproveAccountChange(changes_pb.ApproveAccountChangeRequest(account_change_id=change.id))
    stub.CarryOutAccountChange(changes_pb.CarryOutAccountChangeRequest(account_change_id=change.id))
    assert account(LEAVER) == ("DISABLED", "")
    apply("DISMISSAL", username=LEAVER, action_id=action_id, state="WITHDRAWN")
    assert (account(LEAVER), filed()) == (("DISABLED", ""), [("CLOSE", "CARRIED_OUT")])


def test_a_withdrawal_lifts_the_freeze_and_what_was_filed(apply, account, filed):
    action_id = apply("DISMISSAL")
    apply("DISMISSAL", action_id=action_id, state="WITHDRAWN")
    assert account() == ("ACTIVE", "")
    assert filed() == [("CLOSE", "WITHDRAWN")]


@pytest.mark.rule("R139")
@pytest.mark.parametrize("step", ["USE_BAN", "SUSPENSION"])
def test_a_step_that_has_been_served_lets_the_person_in_again_R139(identity, apply, account, step):
    action_id = apply(step)
    apply(step, action_id=action_id, state="ENDED")
    assert account() == ("ACTIVE", "")
    assert identity.login(PERSON).access_token
    for late in ("EFFECTIVE", "ENDED", "WITHDRAWN"):  # delivered again, in any order
        apply(step, action_id=action_id, state=late)
    assert account() == ("ACTIVE", "")


def test_the_end_of_a_suspension_leaves_a_dismissal_in_effect(apply, account, filed):
    suspension, _ = apply("SUSPENSION"), apply("DISMISSAL")
    apply("SUSPENSION", action_id=suspension, state="ENDED")
    assert (account()[0], filed()) == ("FROZEN", [("CLOSE", "FILED")])


def test_an_ended_step_that_was_asked_for_is_no_longer_waiting(apply, filed):
    action_id = apply("USE_BAN", username="admin")
    apply("USE_BAN", username="admin", action_id=action_id, state="ENDED")
    assert filed() == [("FREEZE", "WITHDRAWN")]


def test_a_withdrawal_leaves_what_another_action_holds(apply, account):
    first, second = apply("USE_BAN"), apply("SUSPENSION")
    apply("USE_BAN", action_id=first, state="WITHDRAWN")
    assert account()[0] == "FROZEN"
    apply("SUSPENSION", action_id=second, state="WITHDRAWN")
    assert account() == ("ACTIVE", "")


def test_a_withdrawal_leaves_what_somebody_else_has_frozen(identity, apply, account):
    identity.change(
        "UPDATE users SET state = 'FROZEN', freeze_reason = '拟离职' WHERE username = :name", name=PERSON
    )
    action_id = apply("USE_BAN")
    apply("USE_BAN", action_id=action_id, state="WITHDRAWN")
    assert account() == ("FROZEN", "拟离职")


@pytest.fixture
def thaw(identity, people, tokens):
    """Thaws the account by hand: through the desk of account changes."""

    def changes(username):
        return identity.stub(account_changes_pb2_grpc.AccountChangeServiceStub, tokens(username))

    asked = changes_pb.AccountChange(
        kind=changes_pb.AccountChange.KIND_UNFREEZE, user_id=people[PERSON], reason="复职", handling="解冻"
    )
    filed = changes_pb.FileAccountChangeRequest(account_change=asked)
    change = None

    def thaw():
        nonlocal change
        if change is None:
            change = changes("consumer.admin").FileAccountChange(filed)
            changes("admin").ApproveAccountChange(
                changes_pb.ApproveAccountChangeRequest(account_change_id=change.id)
            )
        changes("admin").CarryOutAccountChange(
            changes_pb.CarryOutAccountChangeRequest(account_change_id=change.id)
        )

    return thaw


@pytest.mark.rule("R139")
def test_nobody_thaws_by_hand_what_an_action_in_effect_keeps_out_R139(
    identity, people, apply, account, refused, thaw, tokens
):
    identity.change(
        "UPDATE users SET state = 'FROZEN', freeze_reason = '拟离职' WHERE username = :name", name=PERSON
    )
    action_id = apply("USE_BAN")
    active = users_pb2.User(id=people[PERSON], state=users_pb2.User.STATE_ACTIVE)
    update = users_pb2.UpdateUserRequest(user=active, update_mask={"paths": ["state"]})
    second_door = identity.stub(users_pb2_grpc.UserServiceStub, tokens("admin"))
    for by_hand in (thaw, lambda: second_door.UpdateUser(update)):
        with refused() as refusal:
            by_hand()
        assert refusal.reason == "ACCOUNT_BARRED"
    apply("USE_BAN", action_id=action_id, state="WITHDRAWN")
    assert account() == ("FROZEN", "拟离职")
    thaw()
    assert account() == ("ACTIVE", "")


def test_the_same_event_again_does_nothing(identity, apply, account, filed):
    action_id = apply("DISMISSAL")
    identity.change("UPDATE users SET state = 'ACTIVE', freeze_reason = ''")
    apply("DISMISSAL", action_id=action_id)
    assert (account(), filed()) == (("ACTIVE", ""), [("CLOSE", "FILED")])


@pytest.mark.parametrize("over", ["ENDED", "WITHDRAWN"])
def test_a_step_that_comes_after_it_was_over_does_nothing(apply, account, over):
    action_id = apply("USE_BAN", state=over)
    apply("USE_BAN", action_id=action_id)
    assert account() == ("ACTIVE", "")


def test_nobody_keeps_out_who_reaches_further_than_they_do(identity, apply, account, filed, told):
    action_id = apply("USE_BAN", username="admin")
    assert account("admin") == ("ACTIVE", "")
    assert filed() == [("FREEZE", "FILED")]
    assert told("accountChanges.filed")
    apply("USE_BAN", username="admin", action_id=action_id, state="WITHDRAWN")
    assert filed() == [("FREEZE", "WITHDRAWN")]


@pytest.fixture
def freeze(identity, people, tokens):
    """Freezes the account by hand, beforehand. Returns the refusal, or None."""
    stub = identity.stub(account_changes_pb2_grpc.AccountChangeServiceStub, tokens("admin"))
    request = changes_pb.FreezeUserRequest(user_id=people[PERSON], reason="拟离职", handling="冻结")

    def freeze():
        try:
            stub.FreezeUser(request)
        except grpc.RpcError as error:
            return error.code().name
        return None

    return freeze


@pytest.fixture
def until_somebody_waits(identity):
    """Returns once a transaction waits for another, or the call has ended."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def wait(call=None):
        pause = threading.Event()
        for _ in range(500):
            if identity.value(waiting) or (call and call.done()):
                return
            pause.wait(0.01)
        pytest.fail("nobody waits")

    return wait


def test_a_freeze_by_hand_waits_for_a_step_and_the_step_never_for_the_freeze(
    apply, account, filed, freeze, until_somebody_waits, monkeypatch
):
    """The step holds the account when it files: a freeze that had filed before would wait for it for ever."""
    file = following.filing.file
    with ThreadPoolExecutor(1) as threads:
        by_hand = []

        def file_once_the_freeze_waits(*args):
            by_hand.append(threads.submit(freeze))
            until_somebody_waits()
            file(*args)

        monkeypatch.setattr(following.filing, "file", file_once_the_freeze_waits)
        apply("USE_BAN", by="hangzhou.rep1")  # who may not, and so the freeze is filed
        assert by_hand[0].result() == "ALREADY_EXISTS"
    assert (account(), filed()) == (("ACTIVE", ""), [("FREEZE", "FILED")])


def test_who_files_what_a_step_files_too_waits_for_nobody(
    identity, people, apply, filed, tokens, until_somebody_waits, monkeypatch
):
    """The step holds the account when it files: who has filed already must not wait for that account."""
    desk = identity.stub(account_changes_pb2_grpc.AccountChangeServiceStub, tokens("consumer.admin"))
    freezing = changes_pb.AccountChange(
        kind=changes_pb.AccountChange.KIND_FREEZE, user_id=people[PERSON], reason="拟离职", handling="冻结"
    )
    request = changes_pb.FileAccountChangeRequest(account_change=freezing)
    file = following.filing.file
    with ThreadPoolExecutor(1) as threads:
        by_hand = []

        def file_once_somebody_has(*args):
            by_hand.append(threads.submit(desk.FileAccountChange, request))
            until_somebody_waits(by_hand[0])
            file(*args)

        monkeypatch.setattr(following.filing, "file", file_once_somebody_has)
        apply("USE_BAN", by="hangzhou.rep1")  # who may not, and so the freeze is filed
        assert by_hand[0].result().filed_by == people["consumer.admin"]
    assert filed() == [("FREEZE", "FILED")]


def test_a_withdrawn_step_holds_the_account_before_what_it_had_filed(
    apply, account, filed, freeze, until_somebody_waits, monkeypatch
):
    action_id = apply("USE_BAN", by="hangzhou.rep1")
    withdraw = following.filing.withdraw
    with ThreadPoolExecutor(1) as threads:
        by_hand = []

        def withdraw_and_let_the_freeze_wait(*args):
            withdraw(*args)
            by_hand.append(threads.submit(freeze))
            until_somebody_waits()

        monkeypatch.setattr(following.filing, "withdraw", withdraw_and_let_the_freeze_wait)
        apply("USE_BAN", by="hangzhou.rep1", action_id=action_id, state="WITHDRAWN")
        assert by_hand[0].result() is None
    assert (account()[0], filed()) == ("FROZEN", [("FREEZE", "WITHDRAWN"), ("FREEZE", "CARRIED_OUT")])


def test_steps_against_several_people_hold_them_in_the_order_of_a_closing(
    identity, people, apply, account, tokens, until_somebody_waits, monkeypatch
):
    leaver, successor = sorted((PERSON, LEAVER), key=people.get)
    stub = identity.stub(account_changes_pb2_grpc.AccountChangeServiceStub, tokens("admin"))
    closing = changes_pb.AccountChange(
        kind=changes_pb.AccountChange.KIND_CLOSE,
        user_id=people[leaver],
        successor_id=people[successor],
        reason="离职",
        handling="停用",
        event_date="2026-03-02",
    )
    desk = identity.stub(account_changes_pb2_grpc.AccountChangeServiceStub, tokens("consumer.admin"))
    change = desk.FileAccountChange(changes_pb.FileAccountChangeRequest(account_change=closing))
    approval = changes_pb.ApproveAccountChangeRequest(account_change_id=change.id)
    follow = following._follow
    with ThreadPoolExecutor(1) as threads:
        approved = []

        def follow_once_the_approval_waits(*args):
            follow(*args)
            if not approved:
                approved.append(threads.submit(stub.ApproveAccountChange, approval))
                until_somebody_waits()

        monkeypatch.setattr(following, "_follow", follow_once_the_approval_waits)
        second = DisciplinaryActionChanged(
            disciplinary_action_id=str(uuid.uuid4()),
            user_id=people[leaver],
            step="USE_BAN",
            action_date="2026-03-02",
            taken_by_id=people[SUPERIOR],
            effective=True,
            state="EFFECTIVE",
        )
        apply("USE_BAN", second, username=successor)
        assert approved[0].result().state == changes_pb.AccountChange.STATE_APPROVED
    assert account(leaver)[0] == account(successor)[0] == "FROZEN"


@pytest.mark.parametrize(
    ("state", "reason", "lifted", "in_effect", "thaws"),
    [
        ("FROZEN", "disciplinaryActions/a", ["a"], [], True),
        ("FROZEN", "disciplinaryActions/a", ["a", "b"], [], True),
        ("FROZEN", "disciplinaryActions/a", ["a"], ["b"], False),
        ("FROZEN", "another reason", ["a"], [], False),
        ("DISABLED", "", ["a"], [], False),
        ("ACTIVE", "", ["a"], [], False),
    ],
)
def test_an_account_thaws_when_nothing_holds_it(state, reason, lifted, in_effect, thaws):
    assert rules.is_to_thaw(state, reason, lifted, in_effect) is thaws
