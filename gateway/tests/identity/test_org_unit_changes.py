import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from chassis.calendar import local_date
from chassis.clock import FixedClock
from gateway.identity import demo
from gateway.identity.org_unit_changes.sweep import DueChanges
from gateway.identity.roles.builtin import ROLES, Role
from google.protobuf.any_pb2 import Any as Packed
from journeyman.audit.v1 import events_pb2 as audit_pb2
from journeyman.identity.v1 import (
    events_pb2,
    org_units_pb2,
    org_units_pb2_grpc,
    roles_pb2,
    roles_pb2_grpc,
    users_pb2,
    users_pb2_grpc,
)
from journeyman.identity.v1 import org_unit_changes_pb2 as pb
from journeyman.identity.v1 import org_unit_changes_pb2_grpc as grpc_pb
from journeyman.notices.v1 import events_pb2 as notices_pb2

Change, Unit = pb.OrgUnitChange, org_units_pb2.OrgUnit
TODAY = local_date(datetime.now(UTC))


@pytest.fixture
def changes(identity):
    """The service of moves and merges as a demo account sees it."""
    return lambda username: identity.stub(grpc_pb.OrgUnitChangeServiceStub, identity.token(username))


@pytest.fixture
def admin(identity):
    """The administrator's services."""
    token = identity.token("admin")
    kinds = (
        grpc_pb.OrgUnitChangeServiceStub,
        org_units_pb2_grpc.OrgUnitServiceStub,
        users_pb2_grpc.UserServiceStub,
        roles_pb2_grpc.RoleServiceStub,
    )
    return tuple(identity.stub(kind, token) for kind in kinds)


@pytest.fixture
def move(identity, admin):
    def file(unit, parent, *, days=0, stub=None):
        request = pb.MoveOrgUnitRequest(
            org_unit_id=unit_id(identity, unit), parent_id=unit_id(identity, parent), reason="新架构"
        )
        request.effective_date = (TODAY + timedelta(days=days)).isoformat()
        return (stub or admin[0]).MoveOrgUnit(request)

    return file


@pytest.fixture
def merge(identity, admin):
    def file(unit, into, *, days=0, stub=None):
        request = pb.MergeOrgUnitRequest(
            org_unit_id=unit_id(identity, unit), into_unit_id=unit_id(identity, into), reason="合并"
        )
        request.effective_date = (TODAY + timedelta(days=days)).isoformat()
        return (stub or admin[0]).MergeOrgUnit(request)

    return file


@pytest.fixture
def create(identity, admin):
    def unit(code, parent, kind=Unit.KIND_DISTRICT):
        given = Unit(code=code, display_name=code, parent_id=unit_id(identity, parent), kind=kind)
        return admin[1].CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest(org_unit=given))

    return unit


@pytest.fixture
def sweep(identity):
    """Applies what is due that many days from now."""

    def run(days):
        clock = FixedClock(datetime.now(UTC) + timedelta(days=days))
        DueChanges(identity.database, clock, lambda: None)()

    return run


def certified(username, unit):
    user = users_pb2.User(username=username, display_name=username, unit_id=unit)
    user.certified_time.FromDatetime(datetime.now(UTC) - timedelta(days=1))
    return user


def unit_id(identity, code):
    return identity.unit_id(code) if len(code) < 36 else code


def unit_of(identity, admin, code):
    return admin[1].GetOrgUnit(org_units_pb2.GetOrgUnitRequest(org_unit_id=unit_id(identity, code)))


def state_of(stub, change):
    return stub.GetOrgUnitChange(pb.GetOrgUnitChangeRequest(org_unit_change_id=change.id))


def codes(identity, username):
    stub = identity.stub(org_units_pb2_grpc.OrgUnitServiceStub, identity.token(username))
    answer = stub.ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(page_size=200))
    return [unit.code for unit in answer.org_units]


def facts(identity, type_, message):
    return [unpacked(row, message) for row in identity.events(type_)]


def unpacked(row, message):
    found = message()
    assert Packed.FromString(bytes(row.data)).Unpack(found)
    return found


def notices(identity):
    return [
        (fact.template, list(fact.recipient_ids), fact.parameters["reason"])
        for fact in facts(identity, "notice.raised", notices_pb2.NoticeRaised)
    ]


def test_a_unit_moves_with_everything_below_it_and_every_scope_follows_at_once(identity, admin, move, create):
    create("north", "consumer-goods", Unit.KIND_REGION)
    assert codes(identity, "east.manager") == ["east", "hangzhou", "shanghai"]
    change = move("shanghai", "north")
    assert (change.kind, change.state) == (Change.KIND_MOVE, Change.STATE_APPLIED)
    assert change.former_parent_id == identity.unit_id("east")
    assert change.HasField("close_time")
    assert unit_of(identity, admin, "shanghai").parent_id == identity.unit_id("north")
    assert codes(identity, "east.manager") == ["east", "hangzhou"]
    told = facts(identity, "org_unit.changed", events_pb2.OrgUnitChanged)[-1]
    assert (told.code, told.parent_id) == ("shanghai", identity.unit_id("north"))


def test_what_the_tree_does_not_allow_is_refused_when_it_is_filed(identity, move, merge, refused):
    for act, unit, target, reason in (
        (move, "east", "shanghai", "UNIT_CYCLE"),
        (merge, "east", "east", "UNIT_CYCLE"),
        (move, "hq-group", "east", "UNIT_IS_ROOT"),
        (move, "shanghai", "east", "UNIT_ALREADY_THERE"),
    ):
        for days in (0, 1):
            with refused() as refusal:
                act(unit, target, days=days)
            assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", reason)
    assert identity.value("SELECT count(*) FROM org_unit_changes") == 0


def test_a_change_for_a_later_day_waits_for_it(identity, admin, move, create, sweep):
    create("north", "consumer-goods", Unit.KIND_REGION)
    change = move("shanghai", "north", days=2)
    assert change.state == Change.STATE_SCHEDULED
    sweep(1)
    assert unit_of(identity, admin, "shanghai").parent_id == identity.unit_id("east")
    sweep(2)
    assert unit_of(identity, admin, "shanghai").parent_id == identity.unit_id("north")
    assert state_of(admin[0], change).state == Change.STATE_APPLIED
    assert notices(identity) == [("orgUnitChanges.applied", [change.filed_by_id], "")]
    audited = facts(identity, "audit.recorded", audit_pb2.AuditRecorded)[-1]
    assert (audited.resource, audited.on_behalf_of) == (f"orgUnitChanges/{change.id}", change.filed_by_id)
    before = len(identity.events("org_unit.changed"))
    sweep(3)
    assert len(identity.events("org_unit.changed")) == before


def test_a_change_that_is_no_longer_possible_on_its_day_fails_and_the_filer_is_told(
    identity, admin, move, create, sweep
):
    create("north", "consumer-goods", Unit.KIND_REGION)
    later = move("east", "north", days=2)
    move("north", "east")
    good = move("hangzhou", "consumer-goods", days=2)
    sweep(2)
    failed = state_of(admin[0], later)
    assert (failed.state, failed.failure_reason) == (Change.STATE_FAILED, "UNIT_CYCLE")
    assert unit_of(identity, admin, "east").parent_id == identity.unit_id("consumer-goods")
    assert state_of(admin[0], good).state == Change.STATE_APPLIED
    assert notices(identity)[0] == ("orgUnitChanges.failed", [later.filed_by_id], "UNIT_CYCLE")


def test_a_scheduled_change_is_called_off_once(identity, admin, move, sweep, refused):
    change = move("shanghai", "consumer-goods", days=2)
    cancel = pb.CancelOrgUnitChangeRequest(org_unit_change_id=change.id)
    assert admin[0].CancelOrgUnitChange(cancel).state == Change.STATE_CANCELLED
    with refused() as refusal:
        admin[0].CancelOrgUnitChange(cancel)
    assert refusal.reason == "CHANGE_CLOSED"
    sweep(2)
    assert unit_of(identity, admin, "shanghai").parent_id == identity.unit_id("east")


def test_one_change_of_a_unit_waits_at_a_time(admin, move, refused):
    first = move("shanghai", "consumer-goods", days=2)
    with refused() as refusal:
        move("shanghai", "hangzhou", days=3)
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "CHANGE_SCHEDULED")
    admin[0].CancelOrgUnitChange(pb.CancelOrgUnitChangeRequest(org_unit_change_id=first.id))
    assert move("shanghai", "hangzhou", days=3).state == Change.STATE_SCHEDULED


def test_an_impossible_day_is_named(identity, admin, refused):
    units = {"org_unit_id": identity.unit_id("shanghai"), "parent_id": identity.unit_id("ioc")}
    for day in ("2026-02-30", "1999-01-01", ""):
        with refused() as refusal:
            admin[0].MoveOrgUnit(pb.MoveOrgUnitRequest(**units, effective_date=day, reason="x"))
        assert (refusal.code, set(refusal.fields)) == ("INVALID_ARGUMENT", {"effectiveDate"})


def test_a_merge_takes_people_units_and_roles_along(identity, admin, merge, create):
    create("pudong", "shanghai")
    manager, rep = identity.user("shanghai.manager"), identity.user("shanghai.rep1")
    merge("shanghai", "hangzhou")
    into = identity.unit_id("hangzhou")
    closed = unit_of(identity, admin, "shanghai")
    assert (closed.state, closed.parent_id) == (Unit.STATE_CLOSED, into)
    assert unit_of(identity, admin, "pudong").parent_id == into
    in_unit = "SELECT count(*) FROM users WHERE unit_id = :unit"
    assert identity.value(in_unit, unit=closed.id) == 0
    assert identity.value(in_unit, unit=into) == 3 + 9
    assert codes(identity, "shanghai.manager") == ["hangzhou", "pudong", "shanghai"]
    assert identity.value("SELECT count(*) FROM role_assignments WHERE unit_id = :u", u=closed.id) == 0
    merged = facts(identity, "org_unit.merged", events_pb2.OrgUnitMerged)
    assert [(fact.unit_id, fact.into_unit_id) for fact in merged] == [(closed.id, into)]
    moved = facts(identity, "user.changed", events_pb2.UserChanged)[-9:]
    assert {fact.unit_id for fact in moved} == {into}
    assert {manager.id, rep.id} <= {fact.user_id for fact in moved}
    roles = {fact.user_id: set(fact.role_codes) for fact in moved}
    assert roles[manager.id] == {"district_manager", "field_rep"}
    told = facts(identity, "org_unit.changed", events_pb2.OrgUnitChanged)[-2:]
    assert [(fact.code, fact.closed) for fact in told] == [("shanghai", True), ("pudong", False)]


def test_a_merge_refuses_the_tokens_of_its_people(identity, merge, refused):
    token, other = identity.token("shanghai.rep1"), identity.token("ioc.planner")
    merge("shanghai", "hangzhou")
    with refused() as refusal:
        identity.me(token)
    assert refusal.code == "UNAUTHENTICATED"
    assert identity.me(other)
    assert identity.user("shanghai.rep1").unit_id == identity.unit_id("hangzhou")


def test_a_role_that_is_held_over_both_units_is_held_once(identity, admin, merge):
    rep = identity.user("shanghai.rep1")
    over_both = roles_pb2.RoleAssignment(
        role_code="field_rep", unit_id=identity.unit_id("hangzhou"), scope=roles_pb2.SCOPE_SELF
    )
    admin[3].CreateRoleAssignment(
        roles_pb2.CreateRoleAssignmentRequest(user_id=rep.id, role_assignment=over_both)
    )
    merge("shanghai", "hangzhou")
    held = admin[3].ListRoleAssignments(roles_pb2.ListRoleAssignmentsRequest(user_id=rep.id))
    assert [(given.role_code, given.unit_id) for given in held.role_assignments] == [
        ("field_rep", identity.unit_id("hangzhou"))
    ]


def test_who_holds_a_role_over_a_merged_unit_from_elsewhere_gets_it_over_the_other(identity, admin, merge):
    planner = identity.user("ioc.planner")
    given = roles_pb2.RoleAssignment(
        role_code="section_head", unit_id=identity.unit_id("shanghai"), scope=roles_pb2.SCOPE_UNIT
    )
    admin[3].CreateRoleAssignment(
        roles_pb2.CreateRoleAssignmentRequest(user_id=planner.id, role_assignment=given)
    )
    token = identity.token("ioc.planner")
    merge("shanghai", "hangzhou")
    with pytest.raises(grpc.RpcError):
        identity.me(token)
    assert "hangzhou" in codes(identity, "ioc.planner")
    assert identity.user("ioc.planner").unit_id == identity.unit_id("ioc")


def test_a_closed_unit_takes_nothing_any_more(identity, admin, move, merge, create, refused):
    rep = identity.user("hangzhou.rep1")
    merge("shanghai", "hangzhou")
    closed = identity.unit_id("shanghai")

    def moved():
        user = users_pb2.User(id=rep.id, unit_id=closed)
        admin[2].UpdateUser(users_pb2.UpdateUserRequest(user=user))

    def opened():
        user = users_pb2.User(username="new", display_name="new", unit_id=closed)
        admin[2].CreateUser(users_pb2.CreateUserRequest(user=user, password=demo.PASSWORD))

    def given():
        role = roles_pb2.RoleAssignment(role_code="auditor", unit_id=closed, scope=roles_pb2.SCOPE_UNIT)
        admin[3].CreateRoleAssignment(
            roles_pb2.CreateRoleAssignmentRequest(user_id=rep.id, role_assignment=role)
        )

    attempts = (
        moved,
        opened,
        given,
        lambda: create("below", "shanghai"),
        lambda: move("ioc", "shanghai"),
        lambda: move("shanghai", "east"),
        lambda: merge("shanghai", "east"),
        lambda: merge("ioc", "shanghai"),
    )
    for attempt in attempts:
        with refused() as refusal:
            attempt()
        assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "UNIT_CLOSED")


@pytest.mark.rule("R158")
def test_ten_sections_work_for_eight_companies_R158(identity, admin, create, refused):
    companies = [f"公司{number}" for number in range(1, 9)]
    group = identity.unit_id("hq-group")
    for number in range(1, 10):  # the demo has one already
        given = Unit(
            code=f"section-{number}",
            display_name=f"板块{number}",
            parent_id=group,
            kind=Unit.KIND_SECTION,
            company=companies[number % 8],
        )
        admin[1].CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest(org_unit=given))
    first = Unit(id=identity.unit_id("consumer-goods"), company=companies[0])
    admin[1].UpdateOrgUnit(org_units_pb2.UpdateOrgUnitRequest(org_unit=first))
    create("harbour", "section-3", Unit.KIND_REGION)
    create("dock", "harbour")
    listed = admin[1].ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(page_size=200)).org_units
    sections = {unit.id: unit for unit in listed if unit.kind == Unit.KIND_SECTION}
    assert len(sections) == 10
    assert {section.company for section in sections.values()} == set(companies)
    by_code = {unit.code: unit for unit in listed}
    assert {unit.section_id for unit in sections.values()} == set(sections)
    assert by_code["dock"].section_id == by_code["section-3"].id
    assert by_code["hq-finance"].section_id == ""
    with refused() as refusal:
        create("inner", "dock", Unit.KIND_SECTION)
    assert refusal.reason == "SECTION_INSIDE_SECTION"


@pytest.mark.rule("R239")
def test_the_tree_has_the_levels_that_it_is_given_R239(identity, admin, create):
    company = create("property", "hq-group", Unit.KIND_COMPANY)
    create("pudong-office", "property")
    create("gate-house", "pudong-office")
    office = unit_of(identity, admin, "pudong-office")
    assert (company.parent_id, office.parent_id) == (identity.unit_id("hq-group"), company.id)
    assert unit_of(identity, admin, "gate-house").parent_id == office.id


@pytest.mark.rule("R164")
def test_a_province_sees_itself_and_the_group_sees_every_province_R164(identity, admin, create):
    """Two levels: group and province, of which each has its data to itself."""
    for province in ("zhejiang", "jiangsu"):
        create(province, "hq-group", Unit.KIND_COMPANY)
    user = certified("zj", identity.unit_id("zhejiang"))
    made = admin[2].CreateUser(users_pb2.CreateUserRequest(user=user, password=demo.PASSWORD))
    role = roles_pb2.RoleAssignment(
        role_code="section_head", unit_id=identity.unit_id("zhejiang"), scope=roles_pb2.SCOPE_SUBTREE
    )
    admin[3].CreateRoleAssignment(
        roles_pb2.CreateRoleAssignmentRequest(user_id=made.id, role_assignment=role)
    )
    assert codes(identity, "zj") == ["zhejiang"]
    assert {"zhejiang", "jiangsu"} <= set(codes(identity, "auditor"))


@pytest.fixture
def reorganiser(identity, admin, create, monkeypatch):
    """Somebody who reorganises, with a role that holds no other right; and a section beside the demo's."""
    permissions = frozenset({"orgUnits.reorganise", "orgUnitChanges.read"})
    for code, held in (("organiser", permissions), ("distributor", frozenset({"customers.distribute"}))):
        monkeypatch.setitem(ROLES, code, Role(code, "", "", "", held))
    create("drinks", "hq-group", Unit.KIND_SECTION)
    create("west", "drinks", Unit.KIND_REGION)
    user = certified("chief", identity.unit_id("consumer-goods"))
    made = admin[2].CreateUser(users_pb2.CreateUserRequest(user=user, password=demo.PASSWORD))

    def over(unit, role="organiser"):
        given = roles_pb2.RoleAssignment(
            role_code=role, unit_id=identity.unit_id(unit), scope=roles_pb2.SCOPE_SUBTREE
        )
        admin[3].CreateRoleAssignment(
            roles_pb2.CreateRoleAssignmentRequest(user_id=made.id, role_assignment=given)
        )
        return identity.stub(grpc_pb.OrgUnitChangeServiceStub, identity.token("chief"))

    return over


def test_units_outside_the_scope_do_not_exist_for_who_reorganises(move, merge, reorganiser, refused):
    stub = reorganiser("consumer-goods", "system_admin")
    assert move("shanghai", "consumer-goods", stub=stub).state == Change.STATE_APPLIED
    for unit, target, reason in (
        ("west", "east", "NOT_FOUND"),
        ("shanghai", "west", "UNIT_NOT_FOUND"),
        (str(uuid.uuid4()), "east", "NOT_FOUND"),
        ("shanghai", str(uuid.uuid4()), "UNIT_NOT_FOUND"),
        ("consumer-goods", "east", "UNIT_NOT_FOUND"),
    ):
        for act in (move, merge):
            with refused() as refusal:
                act(unit, target, stub=stub)
            assert (refusal.code, refusal.reason) == ("NOT_FOUND", reason)


@pytest.mark.rule("R159")
def test_a_unit_leaves_its_section_by_the_hand_of_who_distributes_over_both_R159(
    move, merge, reorganiser, refused
):
    reorganiser("consumer-goods")
    stub = reorganiser("drinks")
    assert move("shanghai", "consumer-goods", stub=stub).state == Change.STATE_APPLIED
    for act, days in ((move, 0), (move, 3), (merge, 0)):
        with refused() as refusal:
            act("shanghai", "west", days=days, stub=stub)
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "SECTION_LEFT")
    one = reorganiser("consumer-goods", "distributor")
    with refused() as refusal:
        move("shanghai", "west", stub=one)
    assert refusal.reason == "SECTION_LEFT"
    both = reorganiser("drinks", "distributor")
    assert move("shanghai", "west", stub=both).target_unit_id


def test_nobody_merges_roles_over_a_unit_that_they_do_not_hold_there(merge, reorganiser, refused):
    """The managers of the unit that ends would manage the other one."""
    stub = reorganiser("consumer-goods")
    with refused() as refusal:
        merge("shanghai", "hangzhou", stub=stub)
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ROLE_BEYOND_OWN")


def test_changes_are_listed_in_scope_newest_first(identity, admin, changes, move, create, refused):
    create("north", "consumer-goods", Unit.KIND_REGION)
    first = move("shanghai", "north")
    second = move("hangzhou", "north", days=5)
    third = move("ioc", "hq-market")
    listed = admin[0].ListOrgUnitChanges(pb.ListOrgUnitChangesRequest()).org_unit_changes
    assert [change.id for change in listed] == [third.id, second.id, first.id]
    page = admin[0].ListOrgUnitChanges(pb.ListOrgUnitChangesRequest(page_size=2))
    rest = pb.ListOrgUnitChangesRequest(page_size=2, page_token=page.next_page_token)
    assert [change.id for change in admin[0].ListOrgUnitChanges(rest).org_unit_changes] == [first.id]
    waiting = pb.ListOrgUnitChangesRequest(state=Change.STATE_SCHEDULED)
    assert [change.id for change in admin[0].ListOrgUnitChanges(waiting).org_unit_changes] == [second.id]
    of_unit = pb.ListOrgUnitChangesRequest(unit_id=first.unit_id)
    assert [change.id for change in admin[0].ListOrgUnitChanges(of_unit).org_unit_changes] == [first.id]
    with refused() as refusal:
        changes("shanghai.manager").ListOrgUnitChanges(pb.ListOrgUnitChangesRequest())
    assert refusal.code == "PERMISSION_DENIED"


def at_once(*actions):
    """Do all at the same moment. Returns the code of each refusal, or None."""
    barrier = threading.Barrier(len(actions))

    def run(action):
        barrier.wait()
        try:
            action()
        except grpc.RpcError as error:
            return error.code().name
        return None

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def test_two_moves_at_once_make_no_cycle(identity, move, create):
    def cross(one, other):
        return at_once(lambda: move(one, other), lambda: move(other, one))

    for round_ in range(5):
        refusals = cross(*(create(f"{side}-{round_}", "consumer-goods").id for side in ("left", "right")))
        assert sorted(refusals, key=str) == ["FAILED_PRECONDITION", None]
    loops = "SELECT a.id FROM org_units a JOIN org_units b ON a.parent_id = b.id AND b.parent_id = a.id"
    assert identity.value(loops) is None


def test_nobody_joins_a_unit_while_it_is_merged(identity, admin, merge, create):
    person = identity.user("hangzhou.rep1")

    def both(unit):
        change = users_pb2.UpdateUserRequest(user=users_pb2.User(id=person.id, unit_id=unit))
        return at_once(lambda: merge(unit, "hangzhou"), lambda: admin[2].UpdateUser(change))

    for round_ in range(5):
        unit = create(f"passing-{round_}", "east").id
        merged, joined = both(unit)
        assert merged is None
        assert joined in (None, "FAILED_PRECONDITION")
        assert identity.value("SELECT count(*) FROM users WHERE unit_id = :unit", unit=unit) == 0


def test_a_cancellation_and_the_sweep_at_once_agree(identity, admin, move, sweep):
    change = move("shanghai", "consumer-goods", days=1)
    cancel = pb.CancelOrgUnitChangeRequest(org_unit_change_id=change.id)
    cancelled, _ = at_once(lambda: admin[0].CancelOrgUnitChange(cancel), lambda: sweep(1))
    applied, called_off = (Change.STATE_APPLIED, "consumer-goods"), (Change.STATE_CANCELLED, "east")
    state, parent = applied if cancelled else called_off
    assert state_of(admin[0], change).state == state
    assert unit_of(identity, admin, "shanghai").parent_id == identity.unit_id(parent)
