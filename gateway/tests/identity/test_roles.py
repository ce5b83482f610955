import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from gateway.identity.users import store as users
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import events_pb2, roles_pb2, roles_pb2_grpc, sessions_pb2
from sqlalchemy import text

SUBTREE, UNIT, SELF, ALL = (
    roles_pb2.SCOPE_SUBTREE,
    roles_pb2.SCOPE_UNIT,
    roles_pb2.SCOPE_SELF,
    roles_pb2.SCOPE_ALL,
)


@pytest.fixture
def roles(identity):
    """The role service as a demo account sees it."""
    return lambda username: identity.stub(roles_pb2_grpc.RoleServiceStub, identity.token(username))


@pytest.fixture
def assigner(identity):
    """A regional manager of the east who may also give roles there."""
    identity.change(
        "INSERT INTO role_assignments SELECT gen_random_uuid(), id, 'system_admin', unit_id, 'SUBTREE',"
        " clock_timestamp() FROM users WHERE username = 'east.manager'"
    )
    return identity.stub(roles_pb2_grpc.RoleServiceStub, identity.token("east.manager"))


def give(stub, user_id, role_code, unit_id, scope):
    assignment = roles_pb2.RoleAssignment(role_code=role_code, unit_id=unit_id, scope=scope)
    request = roles_pb2.CreateRoleAssignmentRequest(user_id=user_id, role_assignment=assignment)
    return stub.CreateRoleAssignment(request)


def take(stub, user_id, assignment_id):
    request = roles_pb2.DeleteRoleAssignmentRequest(user_id=user_id, role_assignment_id=assignment_id)
    return stub.DeleteRoleAssignment(request)


def held(stub, user_id):
    request = roles_pb2.ListRoleAssignmentsRequest(user_id=user_id)
    return stub.ListRoleAssignments(request).role_assignments


@pytest.mark.rule("R160")
def test_the_five_roles_of_the_sections_are_there_R160(roles):
    found = roles("admin").ListRoles(roles_pb2.ListRolesRequest()).roles
    names = {role.code: role.display_name_zh for role in found if role.origin == "SYS-12"}
    assert names == {
        "group_management": "集团管理层",
        "section_head": "版块负责人",
        "salesperson": "业务人员",
        "section_admin": "版块管理员",
        "system_admin": "系统管理员",
        "group_marketing": "集团公司市场营销部",  # decides between sections, and stands outside of them
    }


def test_roles_are_paged_and_found_by_code(roles, refused):
    stub = roles("admin")
    first = stub.ListRoles(roles_pb2.ListRolesRequest(page_size=10))
    rest = stub.ListRoles(roles_pb2.ListRolesRequest(page_size=10, page_token=first.next_page_token))
    found = [role.code for role in (*first.roles, *rest.roles)]
    assert found == sorted(found)
    assert (len(found), rest.next_page_token) == (16, "")
    assert stub.GetRole(roles_pb2.GetRoleRequest(role_code="field_rep")).display_name_zh == "业务员"
    with refused() as refusal:
        stub.GetRole(roles_pb2.GetRoleRequest(role_code="emperor"))
    assert refusal.code == "NOT_FOUND"


def test_a_new_role_reaches_the_next_token_and_the_old_one_is_refused(identity, roles, refused):
    session = identity.login("shanghai.rep1")
    rep = identity.me(session.access_token).user
    assignment = give(roles("admin"), rep.id, "district_manager", rep.unit_id, SUBTREE)
    assert (assignment.user_id, assignment.role_code, assignment.scope) == (
        rep.id,
        "district_manager",
        SUBTREE,
    )
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.code == "UNAUTHENTICATED"
    request = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
    me = identity.me(identity.anonymous.RefreshSession(request).access_token)
    assert [held.role_code for held in me.role_assignments] == ["field_rep", "district_manager"]
    assert "customers.import" in me.permissions
    event = identity.events("user.changed")[-1]
    data = events_pb2.UserChanged()
    Packed.FromString(bytes(event.data)).Unpack(data)
    assert (event.aggregate_version, list(data.role_codes)) == (2, ["district_manager", "field_rep"])


def test_a_role_that_is_taken_away_is_gone_from_the_next_token(identity, roles, refused):
    session = identity.login("shanghai.manager")
    manager = identity.me(session.access_token)
    duty = next(each for each in manager.role_assignments if each.role_code == "district_manager")
    take(roles("admin"), manager.user.id, duty.id)
    take(roles("admin"), manager.user.id, duty.id)
    with refused():
        identity.me(session.access_token)
    assert not identity.runtime.verifier.verify(identity.token("shanghai.manager")).may("customers.import")
    assert len(identity.events("access.revoked")) == 1


def test_a_token_that_is_made_during_a_change_of_roles_carries_the_change(identity):
    """Otherwise it would be younger than the revocation and keep the old roles."""
    session = identity.login("shanghai.rep1")
    rep = identity.me(session.access_token).user
    request = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with ThreadPoolExecutor(1) as threads:
        with identity.database.begin() as connection:
            users.lock(connection, rep.id)
            refresh = threads.submit(identity.anonymous.RefreshSession, request)
            while not identity.value(waiting):
                assert not refresh.done()
            connection.execute(text("UPDATE role_assignments SET role_code = 'auditor'"))
        token = refresh.result().access_token
    assert not identity.runtime.verifier.verify(token).may("visits.write")


@pytest.mark.rule("R147")
def test_who_has_lost_the_last_role_is_signed_out_for_good_R147(identity, roles, refused):
    session = identity.login("shanghai.rep1")
    me = identity.me(session.access_token)
    take(roles("admin"), me.user.id, me.role_assignments[0].id)
    with refused() as refusal:
        identity.anonymous.RefreshSession(
            sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
        )
    assert refusal.reason == "SESSION_ENDED"


@pytest.mark.rule("R147")
def test_nobody_changes_their_own_roles_R147(identity, roles, refused):
    me = identity.me(identity.token("admin"))
    with refused() as refusal:
        give(roles("admin"), me.user.id, "field_rep", me.user.unit_id, SELF)
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "OWN_ROLES")
    with refused() as refusal:
        take(roles("admin"), me.user.id, me.role_assignments[0].id)
    assert refusal.reason == "OWN_ROLES"


def test_nobody_takes_away_more_than_they_hold_there(identity, roles, assigner, refused):
    rep = identity.user("shanghai.rep1")
    stronger = give(roles("admin"), rep.id, "auditor", identity.unit_id("shanghai"), ALL)
    with refused() as refusal:
        take(assigner, rep.id, stronger.id)
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ROLE_BEYOND_OWN")
    take(roles("admin"), rep.id, stronger.id.upper())


def test_nobody_gives_more_than_they_hold_there(identity, assigner, refused):
    rep = identity.user("shanghai.rep1")
    assert give(assigner, rep.id, "system_admin", identity.unit_id("shanghai"), SUBTREE)
    for scope in (ALL,):
        with refused() as refusal:
            give(assigner, rep.id, "field_rep", identity.unit_id("shanghai"), scope)
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ROLE_BEYOND_OWN")
    with refused() as refusal:
        give(assigner, rep.id, "field_rep", identity.unit_id("ioc"), UNIT)
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "UNIT_NOT_FOUND")


def test_roles_are_given_to_people_of_the_scope_only(identity, assigner, refused):
    planner = identity.user("ioc.planner")
    with refused() as refusal:
        give(assigner, planner.id, "field_rep", identity.unit_id("shanghai"), SELF)
    assert refusal.code == "NOT_FOUND"
    with refused() as refusal:
        held(assigner, planner.id)
    assert refusal.code == "NOT_FOUND"


def test_a_role_is_held_once_in_a_unit_with_a_scope(identity, roles, refused):
    rep = identity.user("shanghai.rep1")
    with refused() as refusal:
        give(roles("admin"), rep.id, "field_rep", rep.unit_id, SELF)
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "ROLE_ALREADY_HELD")


def test_unknown_roles_units_and_people_are_not_found(identity, roles, refused):
    stub, rep, nothing = roles("admin"), identity.user("shanghai.rep1"), str(uuid.uuid4())
    for arguments, reason, fields in (
        ((rep.id, "emperor", rep.unit_id, SELF), "ROLE_NOT_FOUND", ["roleAssignment.roleCode"]),
        ((rep.id, "auditor", nothing, SELF), "UNIT_NOT_FOUND", ["roleAssignment.unitId"]),
        ((nothing, "auditor", rep.unit_id, SELF), "NOT_FOUND", []),
    ):
        with refused() as refusal:
            give(stub, *arguments)
        assert (refusal.code, refusal.reason, refusal.fields) == ("NOT_FOUND", reason, fields)


def test_roles_that_no_longer_fit_into_a_token_are_not_given(identity, roles, refused):
    stub, rep = roles("admin"), identity.user("shanghai.rep1")
    codes = "shanghai", "hangzhou", "east", "ioc", "hq-market", "hq-finance", "hq-marketing", "hq-group"
    with refused() as refusal:
        for code in codes:
            for scope in (UNIT, SUBTREE):
                give(stub, rep.id, "platform_admin", identity.unit_id(code), scope)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "TOO_MANY_ROLES")
    assert len(identity.token("shanghai.rep1")) < 8000


def test_an_auditor_reads_everything_and_writes_nothing(identity, roles, refused):
    rep = identity.user("shanghai.rep1")
    assert [each.role_code for each in held(roles("auditor"), rep.id)] == ["field_rep"]
    with refused() as refusal:
        give(roles("auditor"), rep.id, "auditor", rep.unit_id, SELF)
    assert refusal.reason == "NOT_PERMITTED"


@pytest.mark.rule("R147")
def test_capitals_in_the_own_id_change_nothing_R147(identity, roles, refused):
    me = identity.me(identity.token("admin"))
    with refused() as refusal:
        give(roles("admin"), me.user.id.upper(), "field_rep", me.user.unit_id, SELF)
    assert refusal.reason == "OWN_ROLES"
    with refused() as refusal:
        take(roles("admin"), me.user.id.upper(), me.role_assignments[0].id)
    assert refusal.reason == "OWN_ROLES"
