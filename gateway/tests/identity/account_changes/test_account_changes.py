from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from chassis.calendar import BUSINESS_ZONE
from gateway.identity.users import moves, store
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import account_changes_pb2 as pb
from journeyman.identity.v1 import (
    account_changes_pb2_grpc,
    api_clients_pb2,
    api_clients_pb2_grpc,
    events_pb2,
    roles_pb2,
    sessions_pb2,
    users_pb2,
    users_pb2_grpc,
)
from journeyman.work.v1 import work_pb2, work_pb2_grpc

Change = pb.AccountChange
PASSWORD = "long enough 密码"
MACHINE = ("accountChanges.carryOut", "accountChanges.decide", "accountChanges.file", "users.import")


def tasks(identity, username):
    stub = identity.stub(work_pb2_grpc.WorkServiceStub, identity.token(username))
    found = stub.ListMyTasks(work_pb2.ListMyTasksRequest()).tasks
    return [task for task in found if task.kind.startswith("accountChanges.")]


@pytest.mark.rule("R156")
@pytest.mark.rule("R134")
def test_a_new_account_is_filed_decided_and_carried_out_R156_R134(identity, desk, refused):
    person = desk.newcomer(employee_no="E-1", email="new@example.com")
    filed = desk.file(
        Change.KIND_OPEN,
        new_person=person,
        new_unit_id=identity.unit_id("shanghai"),
        roles=[desk.role("field_rep")],
    )
    assert (filed.state, filed.filed_by, filed.filed_late) == (
        Change.STATE_FILED,
        desk.id_of("consumer.admin"),
        False,
    )
    with refused() as refusal:
        desk.carry_out(filed)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "ACCOUNT_CHANGE_NOT_APPROVED")
    with refused() as refusal:
        desk.approve(filed, by="shanghai.manager")
    assert refusal.reason == "NOT_PERMITTED"
    assert desk.approve(filed, note="好").decision_note == "好"
    done = desk.carry_out(filed, password=PASSWORD)
    assert (done.state, done.decided_by, done.carried_out_by) == (
        Change.STATE_CARRIED_OUT,
        desk.id_of("east.manager"),
        desk.id_of("group.marketing"),
    )
    assert done.user_id == desk.id_of("new.rep")
    with refused():  # not certified yet (R138)
        identity.login("new.rep", PASSWORD)
    users = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("consumer.admin"))
    users.CertifyUser(users_pb2.CertifyUserRequest(user_id=done.user_id))
    me = identity.me(identity.login("new.rep", PASSWORD).access_token)
    assert (me.user.employee_no, me.user.unit_id) == ("E-1", identity.unit_id("shanghai"))
    assert [role.role_code for role in me.role_assignments] == ["field_rep"]
    again = desk.newcomer("second", employee_no="e-1")
    with refused() as refusal:
        desk.file(Change.KIND_OPEN, new_person=again, new_unit_id=identity.unit_id("shanghai"))
    assert refusal.reason == "EMPLOYEE_NO_TAKEN"


@pytest.mark.rule("R147")
def test_an_administrator_of_a_section_changes_no_account_privately_R147(identity, desk, refused):
    users = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("consumer.admin"))
    user = users_pb2.User(username="x", display_name="x", unit_id=identity.unit_id("shanghai"))
    for attempt in (
        lambda: users.CreateUser(users_pb2.CreateUserRequest(user=user, password=PASSWORD)),
        lambda: users.UpdateUser(
            users_pb2.UpdateUserRequest(user=users_pb2.User(id=desk.id_of("shanghai.rep1"), display_name="x"))
        ),
    ):
        with refused() as refusal:
            attempt()
        assert refusal.reason == "NOT_PERMITTED"
    filed = desk.file(Change.KIND_CHANGE, "shanghai.rep1", roles=[desk.role("district_manager")])
    with refused() as refusal:
        desk.approve(filed, by="consumer.admin")
    assert refusal.reason == "NOT_PERMITTED"


@pytest.mark.rule("R147")
@pytest.mark.rule("R156")
def test_nobody_decides_what_they_filed_or_what_is_about_themselves_R147_R156(desk, refused):
    filed = desk.file(Change.KIND_FREEZE, "shanghai.rep1", by="east.manager")
    about_decider = desk.close("east.manager", "shanghai.manager")
    for attempt in (
        lambda: desk.approve(filed),
        lambda: desk.reject(filed),
        lambda: desk.approve(about_decider),
        lambda: desk.freeze("east.manager"),
        lambda: desk.close("consumer.admin", "east.manager"),
    ):
        with refused() as refusal:
            attempt()
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "OWN_ACCOUNT_CHANGE")


def test_a_leaver_loses_everything_and_the_successor_gets_it(identity, desk, refused):
    session = identity.login("east.manager")
    theirs = desk.file(Change.KIND_FREEZE, "shanghai.rep1", by="east.manager")
    about = desk.file(Change.KIND_FREEZE, "east.manager")
    closing = desk.close("east.manager", "shanghai.manager")
    desk.approve(closing, by="admin")
    done = desk.carry_out(closing, by="admin")
    assert sorted(role.role_code for role in done.former_roles) == ["field_rep", "regional_manager"]
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.code == "UNAUTHENTICATED"
    with refused():
        identity.login("east.manager")
    leaver = {"id": desk.id_of("east.manager")}
    account = identity.value("SELECT (state, wechat_bound_at)::text FROM users WHERE id = :id", **leaver)
    assert account == "(DISABLED,)"
    for left in ("role_assignments WHERE user_id = :id", "sessions WHERE user_id = :id AND ended_at IS NULL"):
        assert identity.value(f"SELECT count(*) FROM {left}", **leaver) == 0
    (event,) = identity.events("ownership.handed_over")
    data = events_pb2.OwnershipHandedOver()
    Packed.FromString(bytes(event.data)).Unpack(data)
    assert (data.from_user_id, data.to_user_id, data.to_unit_id, data.account_change_id) == (
        desk.id_of("east.manager"),
        desk.id_of("shanghai.manager"),
        identity.unit_id("shanghai"),
        closing.id,
    )
    for withdrawn in (theirs, about):
        assert desk.get(withdrawn).state == Change.STATE_WITHDRAWN
    assert desk.get(closing).state == Change.STATE_CARRIED_OUT


@pytest.mark.rule("R134")
def test_who_comes_back_gets_the_old_account_again_R134(identity, desk, refused):
    closing = desk.close("shanghai.rep1", "shanghai.rep2")
    desk.approve(closing)
    desk.carry_out(closing)
    opening = desk.file(
        Change.KIND_OPEN,
        "shanghai.rep1",
        roles=[desk.role("field_rep", "hangzhou")],
        new_unit_id=identity.unit_id("hangzhou"),
    )
    desk.approve(opening)
    with refused() as refusal:
        desk.carry_out(opening, password=PASSWORD)
    assert refusal.fields == ["password"]
    desk.carry_out(opening)
    assert identity.user("shanghai.rep1").unit_id == identity.unit_id("hangzhou")


def test_a_successor_can_take_over(identity, desk, refused):
    desk.freeze("shanghai.rep3")
    refusals = ("ioc.planner", "SUCCESSOR_NOT_FOUND"), ("shanghai.rep3", "SUCCESSOR_INACTIVE")
    for successor, reason in refusals:
        with refused() as refusal:
            desk.close("shanghai.rep1", successor)
        assert (refusal.reason, refusal.fields) == (reason, ["accountChange.successorId"])
    with refused() as refusal:
        desk.close("shanghai.rep1", "shanghai.rep1")
    assert refusal.fields == ["accountChange.successorId"]
    closing = desk.close("shanghai.rep1", "shanghai.rep2")
    desk.approve(closing)
    desk.freeze("shanghai.rep2")
    with refused() as refusal:
        desk.carry_out(closing)
    assert refusal.reason == "SUCCESSOR_INACTIVE"


def test_a_change_of_post_moves_the_person_and_replaces_the_roles(identity, desk):
    session = identity.login("shanghai.rep1")
    moved = desk.file(
        Change.KIND_CHANGE,
        "shanghai.rep1",
        new_unit_id=identity.unit_id("hangzhou"),
        roles=[desk.role("district_manager", "hangzhou", roles_pb2.SCOPE_SUBTREE)],
    )
    desk.approve(moved)
    done = desk.carry_out(moved)
    assert [role.role_code for role in done.former_roles] == ["field_rep"]
    me = identity.me(identity.token("shanghai.rep1"))
    assert (me.user.unit_id, [role.role_code for role in me.role_assignments]) == (
        identity.unit_id("hangzhou"),
        ["district_manager"],
    )
    with pytest.raises(grpc.RpcError):
        identity.me(session.access_token)


@pytest.mark.rule("R157")
def test_a_superior_freezes_beforehand_and_at_once_R157(identity, desk, refused):
    token = identity.token("shanghai.manager")
    frozen = desk.freeze("shanghai.manager")
    assert (frozen.kind, frozen.state, frozen.reason) == (
        Change.KIND_FREEZE,
        Change.STATE_CARRIED_OUT,
        "将离职",
    )
    with refused() as refusal:
        identity.me(token)
    assert refusal.code == "UNAUTHENTICATED"
    with refused() as refusal:
        desk.freeze("shanghai.manager")
    assert refusal.reason == "ACCOUNT_STATE_UNFIT"
    thawing = desk.file(Change.KIND_UNFREEZE, "shanghai.manager")
    desk.approve(thawing)
    desk.carry_out(thawing)
    assert identity.login("shanghai.manager")
    filed = desk.file(Change.KIND_FREEZE, "shanghai.manager")
    assert desk.approve(filed).state == Change.STATE_CARRIED_OUT


STRENGTHEN = (
    "INSERT INTO role_assignments SELECT gen_random_uuid(), id, 'system_admin', unit_id, 'UNIT',"
    " clock_timestamp() FROM users WHERE username = :username"
)


@pytest.mark.rule("R147")
def test_no_superior_gives_what_they_may_not_give_R147(identity, desk, refused):
    """Filed by somebody whose reach is the whole company, decided by somebody of the region."""
    beyond = {
        "ROLE_BEYOND_OWN": [
            desk.role("system_admin", "shanghai", roles_pb2.SCOPE_UNIT),
            desk.role("field_rep", "shanghai", roles_pb2.SCOPE_ALL),
            desk.role("hq_finance", "shanghai", roles_pb2.SCOPE_UNIT),
        ],
        "UNIT_NOT_FOUND": [desk.role("section_admin", "ioc", roles_pb2.SCOPE_UNIT)],
    }
    people = iter(range(1, 9))
    for reason, given in beyond.items():
        for role in given:
            filed = desk.file(Change.KIND_CHANGE, f"shanghai.rep{next(people)}", by="admin", roles=[role])
            with refused() as refusal:
                desk.approve(filed)
            assert refusal.reason == reason
            assert desk.get(filed, by="admin").state == Change.STATE_FILED
    identity.change(STRENGTHEN, username="shanghai.rep8")
    for attempt in (
        lambda: desk.freeze("shanghai.rep8"),
        lambda: desk.approve(desk.file(Change.KIND_FREEZE, "shanghai.rep8")),
    ):
        with refused() as refusal:
            attempt()
        assert refusal.reason == "ACCOUNT_BEYOND_OWN"


@pytest.mark.rule("R147")
def test_what_was_approved_is_looked_at_again_when_it_is_carried_out_R147(identity, desk, refused):
    filed = desk.file(Change.KIND_FREEZE, "shanghai.rep1")
    closing = desk.close("shanghai.rep2", "shanghai.rep1")
    desk.approve(closing)
    identity.change(STRENGTHEN, username="shanghai.rep2")
    with refused() as refusal:
        desk.carry_out(closing)
    assert refusal.reason == "ACCOUNT_BEYOND_OWN"
    assert desk.carry_out(closing, by="admin").state == Change.STATE_CARRIED_OUT
    assert desk.get(filed).state == Change.STATE_FILED


@pytest.mark.rule("R155")
def test_a_late_change_is_marked_and_its_tasks_are_due_after_one_working_day_R155(identity, desk):
    friday = datetime(2026, 3, 6, 9, tzinfo=BUSINESS_ZONE)
    identity.set_time(friday + timedelta(days=4))
    late = desk.close("shanghai.rep1", "shanghai.rep2", event_date="2026-03-06")
    identity.set_time(friday + timedelta(days=3))
    in_time = desk.close("shanghai.rep3", "shanghai.rep2", event_date="2026-03-06")
    assert (late.filed_late, in_time.filed_late) == (True, False)
    assert desk.listed(filed_late=True) == [late.id]
    due = datetime(2026, 3, 10, tzinfo=BUSINESS_ZONE).astimezone(UTC)
    assert late.due_time.ToDatetime(UTC) == due
    found = tasks(identity, "east.manager")
    assert {task.resource for task in found} == {f"accountChanges/{late.id}", f"accountChanges/{in_time.id}"}
    assert {(task.kind, task.due_time.ToDatetime(UTC)) for task in found} == {("accountChanges.decide", due)}
    assert "上海业务员1" in "".join(task.title for task in found)
    assert tasks(identity, "group.marketing") == []
    desk.approve(late)
    assert [task.resource for task in tasks(identity, "group.marketing")] == [f"accountChanges/{late.id}"]
    assert [task.resource for task in tasks(identity, "east.manager")] == [f"accountChanges/{in_time.id}"]
    assert tasks(identity, "shanghai.manager") == []


@pytest.mark.rule("R156")
def test_a_change_names_person_reason_and_handling_in_words_R156(desk, refused):
    for fields, path in (
        ({"reason": " "}, "accountChange.reason"),
        ({"handling": ""}, "accountChange.handling"),
        ({"event_date": "2026-02-30"}, "accountChange.eventDate"),
        ({"event_date": "9999-12-31"}, "accountChange.eventDate"),
    ):
        with refused() as refusal:
            desk.file(Change.KIND_FREEZE, "shanghai.rep1", **fields)
        assert refusal.fields == [path]
    with refused() as refusal:
        desk.file(Change.KIND_FREEZE)
    assert refusal.fields == ["accountChange.userId"]


def test_changes_are_seen_in_scope_only_and_filtered(identity, desk, refused):
    east = desk.file(Change.KIND_FREEZE, "shanghai.rep1")
    other = desk.file(Change.KIND_FREEZE, "ioc.planner", by="admin")
    assert desk.listed() == [east.id]
    assert desk.listed("admin") == [other.id, east.id]
    assert desk.listed("admin", unit_id=identity.unit_id("ioc")) == [other.id]
    assert desk.listed("admin", user_id=desk.id_of("shanghai.rep1")) == [east.id]
    assert desk.listed("admin", state=Change.STATE_FILED, kind=Change.KIND_FREEZE) == [other.id, east.id]
    assert desk.listed("admin", kind=Change.KIND_CLOSE) == []
    for attempt in (lambda: desk.get(other), lambda: desk.approve(other), lambda: desk.withdraw(other)):
        with refused() as refusal:
            attempt()
        assert refusal.code == "NOT_FOUND"
    with refused() as refusal:
        desk.file(Change.KIND_FREEZE, "ioc.planner")
    assert refusal.code == "NOT_FOUND"


def test_what_a_change_names_and_is_not_there_is_refused_by_the_field_that_names_it(identity, desk, refused):
    ioc, shanghai = identity.unit_id("ioc"), identity.unit_id("shanghai")
    known, elsewhere, unknown = desk.role("field_rep"), desk.role("field_rep", "ioc"), desk.role("no_role")
    for fields, reason, path in (
        ({"new_unit_id": ioc}, "UNIT_NOT_FOUND", "newUnitId"),
        ({"new_unit_id": shanghai, "roles": [known, elsewhere]}, "UNIT_NOT_FOUND", "roles[1].unitId"),
        ({"roles": [known, unknown]}, "ROLE_NOT_FOUND", "roles[1].roleCode"),
        ({"roles": [known], "user_id": desk.id_of("ioc.planner")}, "NOT_FOUND", "userId"),
    ):
        with refused() as refusal:
            desk.file(Change.KIND_CHANGE, "shanghai.rep1", **fields)
        assert (refusal.code, refusal.reason) == ("NOT_FOUND", reason)
        assert refusal.fields == [f"accountChange.{path}"]


def test_one_change_of_a_kind_waits_for_a_person(desk, refused):
    first = desk.file(Change.KIND_FREEZE, "shanghai.rep1")
    with refused() as refusal:
        desk.file(Change.KIND_FREEZE, "shanghai.rep1")
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "ACCOUNT_CHANGE_PENDING")
    with refused() as refusal:
        desk.withdraw(first, by="east.manager")
    assert refusal.reason == "NOT_YOUR_ACCOUNT_CHANGE"
    assert desk.withdraw(first).state == Change.STATE_WITHDRAWN
    second = desk.file(Change.KIND_FREEZE, "shanghai.rep1")
    assert desk.reject(second).state == Change.STATE_REJECTED
    with refused() as refusal:
        desk.approve(second)
    assert refusal.reason == "ACCOUNT_CHANGE_DECIDED"


def outcomes(attempts):
    """How attempts at the same time end: OK, or the status of the refusal."""

    def outcome(attempt):
        try:
            attempt()
        except grpc.RpcError as error:
            return error.code().name
        return "OK"

    with ThreadPoolExecutor(len(attempts)) as threads:
        return sorted(threads.map(outcome, attempts))


def test_of_many_who_decide_or_carry_out_at_once_one_does(desk):
    filed = desk.file(Change.KIND_FREEZE, "shanghai.rep1")
    closing = desk.close("shanghai.rep2", "shanghai.rep3")
    for username in ("east.manager", "admin", "group.marketing"):
        desk.stub(username)
    lost = "FAILED_PRECONDITION"
    assert outcomes(
        [lambda: desk.approve(filed), lambda: desk.approve(filed, by="admin"), lambda: desk.reject(filed)]
    ) == [lost, lost, "OK"]
    desk.approve(closing)
    carry_out = lambda by: lambda: desk.carry_out(closing, by=by)  # noqa: E731 - three of the same
    assert outcomes([carry_out("admin"), carry_out("group.marketing"), carry_out("admin")]) == [
        lost,
        lost,
        "OK",
    ]


def test_two_leavers_do_not_succeed_each_other(desk):
    closings = [desk.close("shanghai.rep1", "shanghai.rep2"), desk.close("shanghai.rep2", "shanghai.rep1")]
    for closing in closings:
        desk.approve(closing)
    desk.stub("group.marketing")
    attempts = [lambda: desk.carry_out(closings[0]), lambda: desk.carry_out(closings[1])]
    assert outcomes(attempts) == ["FAILED_PRECONDITION", "OK"]


def test_people_are_told_what_waits_and_what_came_of_it(identity, desk):
    closing = desk.close("shanghai.rep1", "shanghai.rep2")
    desk.approve(closing)
    desk.carry_out(closing)
    rejected = desk.file(Change.KIND_FREEZE, "shanghai.rep2")
    desk.reject(rejected)
    told = [(notice.template, notice.recipient_permission) for notice in desk.notices()]
    assert told == [
        ("accountChanges.filed", "accountChanges.decide"),
        ("accountChanges.approved", ""),
        ("accountChanges.toCarryOut", "accountChanges.carryOut"),
        ("accountChanges.carriedOut", ""),
        ("accountChanges.handedOver", ""),
        ("accountChanges.filed", "accountChanges.decide"),
        ("accountChanges.rejected", ""),
    ]
    assert {notice.recipient_unit_id for notice in desk.notices()} == {"", identity.unit_id("shanghai")}


def test_machines_change_no_account(identity, desk, refused):
    clients = identity.stub(api_clients_pb2_grpc.ApiClientServiceStub, identity.token("admin"))
    client = api_clients_pb2.ApiClient(client_id="machine", display_name="machine", permissions=MACHINE)
    made = clients.CreateApiClient(api_clients_pb2.CreateApiClientRequest(api_client=client))
    asked = sessions_pb2.IssueClientTokenRequest(client_id="machine", client_secret=made.client_secret)
    token = identity.anonymous.IssueClientToken(asked).access_token
    machine = identity.stub(account_changes_pb2_grpc.AccountChangeServiceStub, token)
    filed = desk.file(Change.KIND_FREEZE, "shanghai.rep1")
    again = Change(kind=Change.KIND_FREEZE, user_id=desk.id_of("shanghai.rep2"), reason="x", handling="x")
    users = identity.stub(users_pb2_grpc.UserServiceStub, token)
    for attempt in (
        lambda: machine.FileAccountChange(pb.FileAccountChangeRequest(account_change=again)),
        lambda: machine.ApproveAccountChange(pb.ApproveAccountChangeRequest(account_change_id=filed.id)),
        lambda: machine.RejectAccountChange(
            pb.RejectAccountChangeRequest(account_change_id=filed.id, note="x")
        ),
        lambda: machine.WithdrawAccountChange(pb.WithdrawAccountChangeRequest(account_change_id=filed.id)),
        lambda: machine.CarryOutAccountChange(pb.CarryOutAccountChangeRequest(account_change_id=filed.id)),
        lambda: machine.FreezeUser(
            pb.FreezeUserRequest(user_id=desk.id_of("shanghai.rep2"), reason="x", handling="x")
        ),
        lambda: users.BeginUserImportUpload(users_pb2.BeginUserImportUploadRequest(size_bytes=1)),
    ):
        with refused() as refusal:
            attempt()
        assert refusal.reason == "PERSON_REQUIRED"


@pytest.mark.rule("R156")
def test_what_an_account_owns_that_was_closed_by_hand_goes_to_the_successor_of_its_closing_R156(
    identity, desk
):
    admin = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("admin"))
    leaver = users_pb2.User(id=desk.id_of("shanghai.rep1"), state=users_pb2.User.STATE_DISABLED)
    admin.UpdateUser(users_pb2.UpdateUserRequest(user=leaver))
    told = desk.notices()[-1]
    assert (told.template, told.recipient_permission) == ("users.closedByHand", "accountChanges.file")
    assert told.recipient_unit_id == identity.unit_id("shanghai")
    assert identity.events("ownership.handed_over") == []
    closing = desk.close("shanghai.rep1", "shanghai.rep2")
    desk.approve(closing)
    done = desk.carry_out(closing)
    assert [role.role_code for role in done.former_roles] == ["field_rep"]
    data = events_pb2.OwnershipHandedOver()
    (event,) = identity.events("ownership.handed_over")
    Packed.FromString(bytes(event.data)).Unpack(data)
    assert (data.from_user_id, data.to_user_id) == (leaver.id, desk.id_of("shanghai.rep2"))


def test_a_closing_that_waits_survives_a_closing_by_hand(identity, desk):
    closing = desk.close("shanghai.rep1", "shanghai.rep2")
    desk.approve(closing)
    admin = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("admin"))
    leaver = users_pb2.User(id=desk.id_of("shanghai.rep1"), state=users_pb2.User.STATE_DISABLED)
    admin.UpdateUser(users_pb2.UpdateUserRequest(user=leaver))
    assert desk.carry_out(closing).state == Change.STATE_CARRIED_OUT
    assert len(identity.events("ownership.handed_over")) == 1


def test_who_files_a_change_of_somebody_waits_for_no_merge_that_holds_them(identity, desk):
    """A merge waits for the unit that the change holds: each would wait for the other."""
    person = desk.id_of("shanghai.rep1")
    asked = Change(kind=Change.KIND_CHANGE, user_id=person, reason="调动", handling="换岗")
    asked.event_date, asked.new_unit_id = "2026-03-02", identity.unit_id("hangzhou")
    stub = desk.stub("consumer.admin")
    with identity.database.begin() as connection:
        assert person in moves.lock_all(connection, [], identity.unit_id("shanghai"))
        filed = stub.FileAccountChange(pb.FileAccountChangeRequest(account_change=asked), timeout=5)
    assert filed.state == Change.STATE_FILED


def test_who_comes_into_scope_while_they_are_frozen_is_not_found(desk, refused, monkeypatch):
    monkeypatch.setattr(store, "lock", lambda *_: None)  # they come after the lock and before the filing
    with refused() as refusal:
        desk.freeze("shanghai.rep1")
    assert (refusal.code, refusal.reason, refusal.fields) == ("NOT_FOUND", "NOT_FOUND", [])
