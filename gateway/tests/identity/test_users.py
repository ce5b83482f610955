import uuid

import pytest
from gateway.identity import demo
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from journeyman.identity.v1 import (
    events_pb2,
    roles_pb2,
    roles_pb2_grpc,
    sessions_pb2,
    users_pb2,
    users_pb2_grpc,
)

User = users_pb2.User
PASSWORD = "journeyman-demo"  # need not be changed in local mode
TRAINED = Timestamp(seconds=1_577_836_800)


@pytest.fixture
def users(identity):
    """The user service as a demo account sees it."""
    return lambda username: identity.stub(users_pb2_grpc.UserServiceStub, identity.token(username))


@pytest.fixture
def east_admin(identity, users):
    """Somebody who opens accounts in the east region only."""
    unit_id = identity.unit_id("east")
    person = create(users("admin"), username="east.admin", unit_id=unit_id)
    roles = identity.stub(roles_pb2_grpc.RoleServiceStub, identity.token("admin"))
    assignment = roles_pb2.RoleAssignment(
        role_code="platform_admin", unit_id=unit_id, scope=roles_pb2.SCOPE_SUBTREE
    )
    request = roles_pb2.CreateRoleAssignmentRequest(user_id=person.id, role_assignment=assignment)
    roles.CreateRoleAssignment(request)
    token = identity.login("east.admin", PASSWORD).access_token
    return identity.stub(users_pb2_grpc.UserServiceStub, token)


def names(stub, **filters):
    answer = stub.ListUsers(users_pb2.ListUsersRequest(page_size=200, **filters))
    return [user.username for user in answer.users]


def create(stub, password=PASSWORD, **fields):
    defaults = {"username": "new.person", "display_name": "新同事", "certified_time": TRAINED}
    user = User(**defaults | fields)
    return stub.CreateUser(users_pb2.CreateUserRequest(user=user, password=password))


def update(stub, mask=(), **fields):
    request = users_pb2.UpdateUserRequest(user=User(**fields), update_mask=FieldMask(paths=mask))
    return stub.UpdateUser(request)


def refused_fields(refusal):
    (bad,) = refusal.unpack(error_details_pb2.BadRequest)
    return [(violation.field, violation.reason) for violation in bad.field_violations]


def last_change(identity):
    data = events_pb2.UserChanged()
    event = identity.events("user.changed")[-1]
    Packed.FromString(bytes(event.data)).Unpack(data)
    return event.aggregate_version, data


def test_a_list_shows_the_people_of_the_scope_by_login_name(users):
    shanghai = ["shanghai.manager", *[f"shanghai.rep{number}" for number in range(1, 9)]]
    hangzhou = [f"hangzhou.rep{number}" for number in range(1, 4)]
    assert names(users("shanghai.manager")) == shanghai
    assert names(users("east.manager")) == ["east.manager", *hangzhou, *shanghai]
    assert names(users("shanghai.rep1")) == ["shanghai.rep1"]
    assert len(names(users("auditor"))) == len(list(demo.people()))


def test_lists_are_filtered(identity, users):
    assert names(users("admin"), unit_id=identity.unit_id("ioc")) == ["ioc.planner"]
    assert names(users("admin"), username="IOC.planner") == ["ioc.planner"]
    assert names(users("shanghai.manager"), unit_id=identity.unit_id("hangzhou")) == []


def test_a_person_outside_the_scope_does_not_exist(identity, users, refused):
    request = users_pb2.GetUserRequest(user_id=identity.user("hangzhou.rep1").id)
    assert users("east.manager").GetUser(request).username == "hangzhou.rep1"
    for username in ("shanghai.manager", "shanghai.rep1"):
        with refused() as refusal:
            users(username).GetUser(request)
        assert refusal.code == "NOT_FOUND"


@pytest.mark.rule("R147")
def test_a_new_account_waits_for_its_first_role_R147(identity, users, refused):
    user = create(users("admin"), unit_id=identity.unit_id("ioc"))
    assert (user.kind, user.state) == (User.KIND_EMPLOYEE, User.STATE_ACTIVE)
    with refused() as refusal:
        identity.login("new.person", PASSWORD)
    assert refusal.reason == "WRONG_CREDENTIALS"
    version, data = last_change(identity)
    assert (version, data.user_id, data.unit_id) == (1, user.id, user.unit_id)
    assert (data.active, data.kind, list(data.role_codes)) == (True, "EMPLOYEE", [])


@pytest.mark.rule("R134")
def test_a_login_name_is_given_once_R134(identity, users, refused):
    with refused() as refusal:
        create(users("admin"), username="shanghai.rep1", unit_id=identity.unit_id("ioc"))
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "USERNAME_TAKEN")
    with refused() as refusal:
        create(users("admin"), username="Shanghai.rep1", unit_id=identity.unit_id("ioc"))
    assert refusal.fields == ["user.username"]


def test_an_account_needs_a_name_a_unit_and_a_password(users, refused):
    with refused() as refusal:
        create(users("admin"), username="", display_name="", unit_id="")
    assert refusal.fields == ["user.username", "user.displayName", "user.unitId"]
    with refused() as refusal:
        create(users("admin"), password="too short", unit_id=str(uuid.uuid4()))
    assert refusal.fields == ["password"]


def test_accounts_are_opened_in_units_of_the_scope_only(identity, east_admin, refused):
    assert create(east_admin, unit_id=identity.unit_id("shanghai")).id
    for unit_id in (identity.unit_id("ioc"), str(uuid.uuid4())):
        with refused() as refusal:
            create(east_admin, username="another", unit_id=unit_id)
        assert (refusal.code, refusal.reason) == ("NOT_FOUND", "UNIT_NOT_FOUND")
        assert refusal.fields == ["user.unitId"]


def test_people_are_moved_within_the_scope_only(identity, east_admin, refused):
    rep = identity.user("shanghai.rep1")
    moved = update(east_admin, id=rep.id, unit_id=identity.unit_id("hangzhou"))
    assert (moved.unit_id, moved.etag) == (identity.unit_id("hangzhou"), '"v2"')
    assert last_change(identity)[1].unit_id == identity.unit_id("hangzhou")
    with refused() as refusal:
        update(east_admin, id=rep.id, unit_id=identity.unit_id("ioc"))
    assert refusal.reason == "UNIT_NOT_FOUND"
    with refused() as refusal:
        update(east_admin, id=identity.user("ioc.planner").id, display_name="x")
    assert refusal.code == "NOT_FOUND"


def in_east(identity, users, role_code, scope):
    """A new person of the east region with a role there."""
    unit_id = identity.unit_id("east")
    person = create(users("admin"), username="stronger", unit_id=unit_id)
    roles = identity.stub(roles_pb2_grpc.RoleServiceStub, identity.token("admin"))
    assignment = roles_pb2.RoleAssignment(role_code=role_code, unit_id=unit_id, scope=scope)
    request = roles_pb2.CreateRoleAssignmentRequest(user_id=person.id, role_assignment=assignment)
    roles.CreateRoleAssignment(request)
    return person


@pytest.mark.parametrize(
    ("role_code", "scope"),
    [
        ("system_admin", roles_pb2.SCOPE_UNIT),  # does there what its own administrator may not
        ("hq_finance", roles_pb2.SCOPE_ALL),  # reaches further
    ],
)
def test_a_stronger_account_is_neither_disabled_nor_moved(
    identity, users, east_admin, refused, role_code, scope
):
    person = in_east(identity, users, role_code, scope)
    for change in ({"state": User.STATE_DISABLED}, {"unit_id": identity.unit_id("shanghai")}):
        with refused() as refusal:
            update(east_admin, id=person.id, **change)
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ACCOUNT_BEYOND_OWN")
    unchanged = {"state": User.STATE_ACTIVE, "unit_id": person.unit_id}
    assert update(east_admin, id=person.id, display_name="新名", **unchanged).display_name == "新名"
    update(users("admin"), id=person.id, state=User.STATE_DISABLED)
    with refused() as refusal:
        update(east_admin, id=person.id, state=User.STATE_ACTIVE)
    assert refusal.reason == "ACCOUNT_BEYOND_OWN"


@pytest.mark.parametrize("username", ["shanghai.rep1", "shanghai.manager"])
def test_who_administers_no_accounts_is_disabled_by_the_administrator_of_the_region(
    identity, east_admin, username
):
    person = identity.user(username)
    assert update(east_admin, id=person.id, state=User.STATE_DISABLED).state == User.STATE_DISABLED


def test_a_move_reaches_the_next_token_at_once(identity, users, refused):
    session = identity.login("shanghai.rep1")
    rep = identity.me(session.access_token).user
    update(users("admin"), id=rep.id, unit_id=identity.unit_id("hangzhou"))
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.code == "UNAUTHENTICATED"
    caller = identity.runtime.verifier.verify(identity.token("shanghai.rep1"))
    assert caller.unit_id == identity.unit_id("hangzhou")


def test_a_disabled_account_keeps_its_rows_and_is_published_as_inactive(identity, users, refused):
    rep = identity.user("shanghai.rep1")
    disabled = update(users("admin"), id=rep.id, state=User.STATE_DISABLED)
    assert disabled.state == User.STATE_DISABLED
    version, data = last_change(identity)
    assert (version, data.active, list(data.role_codes)) == (2, False, ["field_rep"])
    with refused():
        identity.login("shanghai.rep1")
    assert update(users("admin"), id=rep.id, state=User.STATE_ACTIVE).state == User.STATE_ACTIVE
    assert identity.login("shanghai.rep1")


def test_only_the_fields_of_the_mask_change(identity, users, refused):
    rep = identity.user("shanghai.rep1")
    fields = {"id": rep.id, "display_name": "新名", "kind": User.KIND_PARTNER}
    changed = update(users("admin"), ["display_name"], **fields)
    assert (changed.display_name, changed.kind) == ("新名", User.KIND_EMPLOYEE)
    assert update(users("admin"), ["state"], id=rep.id).state == User.STATE_ACTIVE
    for mask in (["username"], ["nothing"], ["id"]):
        with refused() as refusal:
            update(users("admin"), mask, **fields)
        assert refusal.fields == ["updateMask"]
    for mask, field in ((["display_name"], "user.displayName"), (["unit_id"], "user.unitId")):
        with refused() as refusal:
            update(users("admin"), mask, id=rep.id)
        assert refusal.fields == [field]


@pytest.mark.rule("R138")
def test_who_is_not_certified_as_trained_cannot_sign_in_R138(identity, users, refused):
    rep = identity.user("shanghai.rep1")
    session = identity.login("shanghai.rep1")
    assert not update(users("admin"), ["certified_time"], id=rep.id).HasField("certified_time")
    with refused() as refusal:
        identity.login("shanghai.rep1")
    assert refusal.reason == "WRONG_CREDENTIALS"
    with refused() as refusal:
        identity.anonymous.RefreshSession(
            sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
        )
    assert refusal.reason == "SESSION_ENDED"
    request = users_pb2.CertifyUserRequest(user_id=rep.id)
    certified = users("admin").CertifyUser(request)
    assert certified.HasField("certified_time")
    assert users("admin").CertifyUser(request) == certified
    assert identity.login("shanghai.rep1")


@pytest.mark.rule("R138")
def test_whose_certificate_is_taken_is_refused_at_once_R138(identity, users, refused):
    session = identity.login("shanghai.rep1")
    rep = identity.me(session.access_token).user
    update(users("admin"), ["certified_time"], id=rep.id)
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.reason == "NOT_SIGNED_IN"
    users("admin").CertifyUser(users_pb2.CertifyUserRequest(user_id=rep.id))
    again = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
    with refused() as refusal:
        identity.anonymous.RefreshSession(again)
    assert refusal.reason == "SESSION_ENDED"


@pytest.mark.rule("R053")
def test_staff_of_partners_have_accounts_of_their_own_kind_R053(identity, users):
    partner = create(users("admin"), unit_id=identity.unit_id("shanghai"), kind=User.KIND_PARTNER)
    assert last_change(identity)[1].kind == "PARTNER"
    assert names(users("admin"), kind=User.KIND_PARTNER) == [partner.username]
    assert partner.username not in names(users("admin"), kind=User.KIND_EMPLOYEE)


@pytest.mark.rule("R134")
def test_a_person_has_one_account_for_ever_R134(identity, users, refused):
    unit_id = identity.unit_id("ioc")
    first = create(users("admin"), unit_id=unit_id, employee_no="e-007")
    update(users("admin"), id=first.id, state=User.STATE_DISABLED)
    with refused() as refusal:
        create(users("admin"), username="again", unit_id=unit_id, employee_no="E-007")
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "EMPLOYEE_NO_TAKEN")
    other = create(users("admin"), username="other", unit_id=unit_id)
    with refused() as refusal:
        update(users("admin"), id=other.id, employee_no="E-007")
    assert refusal.reason == "EMPLOYEE_NO_TAKEN"
    assert names(users("admin"), employee_no="E-007") == [first.username]


def test_contacts_are_of_one_open_account(identity, users, refused):
    unit_id = identity.unit_id("ioc")
    first = create(users("admin"), unit_id=unit_id, email="Wang@example.com", phone="+8613800000000")
    taken = {"EMAIL_TAKEN": {"email": "wang@example.com"}, "PHONE_TAKEN": {"phone": "+8613800000000"}}
    for reason, same in taken.items():
        with refused() as refusal:
            create(users("admin"), username="other", unit_id=unit_id, **same)
        assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", reason)
    update(users("admin"), id=first.id, state=User.STATE_DISABLED)
    assert create(users("admin"), username="other", unit_id=unit_id, **taken["PHONE_TAKEN"])
    with refused() as refusal:
        update(users("admin"), id=first.id, state=User.STATE_ACTIVE)
    assert refusal.reason == "PHONE_TAKEN"


def test_a_value_that_cannot_be_kept_is_named(identity, users, refused):
    unit_id = identity.unit_id("ioc")
    for path, fields in {
        "user.email": {"email": "no address"},
        "user.phone": {"phone": "call me"},
        "user.employeeNo": {"employee_no": "no spaces"},
        "user.certifiedTime": {"certified_time": Timestamp(seconds=10**15)},
        "user.freezeReason": {"state": User.STATE_FROZEN, "freeze_reason": " "},
    }.items():
        with refused() as refusal:
            create(users("admin"), unit_id=unit_id, **fields)
        assert refusal.fields == [path]


@pytest.mark.rule("R138")
def test_nobody_is_certified_before_the_day_has_come_R138(identity, users, refused):
    rep, unit_id = identity.user("shanghai.rep1"), identity.unit_id("ioc")
    ahead = Timestamp(seconds=4_070_908_800)
    for field, path in {
        "certified_time": "user.certifiedTime",
        "mobile_install_time": "user.mobileInstallTime",
        "wechat_bound_time": "user.wechatBoundTime",
    }.items():
        for attempt in (
            lambda fields: create(users("admin"), unit_id=unit_id, **fields),
            lambda fields: update(users("admin"), id=rep.id, **fields),
        ):
            with refused() as refusal:
                attempt({field: ahead})
            assert refused_fields(refusal) == [(path, "TIME_AHEAD")]


@pytest.mark.rule("R075")
@pytest.mark.rule("R077")
def test_people_without_the_phone_version_or_wechat_are_found_R075_R077(identity, users):
    missing = sorted(demo.UNBOUND)
    assert names(users("admin"), wechat_bound=False) == missing
    assert names(users("admin"), mobile_installed=False) == missing
    rep = identity.user("shanghai.rep8")
    update(users("admin"), id=rep.id, wechat_bound_time=TRAINED, mobile_install_time=TRAINED)
    assert names(users("admin"), wechat_bound=False) == ["hangzhou.rep3"]
    assert "shanghai.rep8" in names(users("admin"), mobile_installed=True)
    assert names(users("shanghai.manager"), certified=False) == []


@pytest.mark.rule("R077")
def test_the_wechat_binding_of_a_leaver_falls_with_the_account_R077(identity, users):
    rep = identity.user("shanghai.rep1")
    assert rep.HasField("wechat_bound_time")
    closed = update(users("admin"), id=rep.id, state=User.STATE_DISABLED)
    assert not closed.HasField("wechat_bound_time")
    assert names(users("admin"), state=User.STATE_DISABLED) == [rep.username]


@pytest.mark.rule("R157")
def test_a_frozen_account_is_refused_at_once_until_it_thaws_R157(identity, users, refused):
    token = identity.token("shanghai.rep1")
    rep = identity.me(token).user
    with refused() as refusal:
        update(users("admin"), id=rep.id, state=User.STATE_FROZEN)
    assert refusal.fields == ["user.freezeReason"]
    frozen = update(users("admin"), id=rep.id, state=User.STATE_FROZEN, freeze_reason="about to leave")
    assert (frozen.state, frozen.freeze_reason) == (User.STATE_FROZEN, "about to leave")
    assert last_change(identity)[1].active is False
    for attempt in (lambda: identity.me(token), lambda: identity.login("shanghai.rep1")):
        with refused() as refusal:
            attempt()
        assert refusal.code == "UNAUTHENTICATED"
    assert update(users("admin"), id=rep.id, state=User.STATE_ACTIVE).freeze_reason == ""
    assert identity.login("shanghai.rep1")


def test_where_letters_of_a_stronger_account_go_is_not_changed(identity, users, east_admin, refused):
    person = in_east(identity, users, "system_admin", roles_pb2.SCOPE_UNIT)
    values = {"email": "me@example.com", "phone": "13800000000", "employee_no": "E1"}
    for field, value in values.items():
        with refused() as refusal:
            update(east_admin, id=person.id, **{field: value})
        assert refusal.reason == "ACCOUNT_BEYOND_OWN"


def test_the_certificate_of_a_stronger_account_is_not_taken(identity, users, east_admin, refused):
    person = in_east(identity, users, "system_admin", roles_pb2.SCOPE_UNIT)
    with refused() as refusal:
        update(east_admin, id=person.id, mask=["certified_time"])
    assert refusal.reason == "ACCOUNT_BEYOND_OWN"
    assert identity.value("SELECT certified_at FROM users WHERE id = :id", id=person.id)


def test_an_account_that_changed_meanwhile_is_not_overwritten(identity, users, refused):
    rep = identity.user("shanghai.rep1")
    update(users("admin"), id=rep.id, display_name="一", etag=rep.etag)
    with refused() as refusal:
        update(users("admin"), id=rep.id, display_name="二", etag=rep.etag)
    assert refusal.reason == "ETAG_MISMATCH"


def test_a_rep_opens_no_accounts(identity, users, refused):
    with refused() as refusal:
        create(users("shanghai.rep1"), unit_id=identity.unit_id("shanghai"))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "NOT_PERMITTED")
