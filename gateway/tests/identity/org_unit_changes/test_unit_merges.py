import grpc
import pytest
from gateway.identity import demo
from journeyman.identity.v1 import events_pb2, org_units_pb2, roles_pb2, users_pb2

Unit = org_units_pb2.OrgUnit


def test_a_merge_takes_people_units_and_roles_along(identity, tree):
    tree.create("pudong", "shanghai")
    manager, rep = identity.user("shanghai.manager"), identity.user("shanghai.rep1")
    tree.merge("shanghai", "hangzhou")
    into = identity.unit_id("hangzhou")
    closed = tree.unit("shanghai")
    assert (closed.state, closed.parent_id) == (Unit.STATE_CLOSED, into)
    assert tree.unit("pudong").parent_id == into
    in_unit = "SELECT count(*) FROM users WHERE unit_id = :unit"
    assert identity.value(in_unit, unit=closed.id) == 0
    assert identity.value(in_unit, unit=into) == 3 + 9
    assert tree.seen_by("shanghai.manager") == ["hangzhou", "pudong", "shanghai"]
    assert identity.value("SELECT count(*) FROM role_assignments WHERE unit_id = :u", u=closed.id) == 0
    merged = tree.facts("org_unit.merged", events_pb2.OrgUnitMerged)
    assert [(fact.unit_id, fact.into_unit_id) for fact in merged] == [(closed.id, into)]
    moved = tree.facts("user.changed", events_pb2.UserChanged)[-9:]
    assert {fact.unit_id for fact in moved} == {into}
    assert {manager.id, rep.id} <= {fact.user_id for fact in moved}
    roles = {fact.user_id: set(fact.role_codes) for fact in moved}
    assert roles[manager.id] == {"district_manager", "field_rep"}
    told = tree.facts("org_unit.changed", events_pb2.OrgUnitChanged)[-2:]
    assert [(fact.code, fact.closed) for fact in told] == [("shanghai", True), ("pudong", False)]


def test_a_merge_refuses_the_tokens_of_its_people(identity, tree, refused):
    token, other = identity.token("shanghai.rep1"), identity.token("ioc.planner")
    tree.merge("shanghai", "hangzhou")
    with refused() as refusal:
        identity.me(token)
    assert refusal.code == "UNAUTHENTICATED"
    assert identity.me(other)
    assert identity.user("shanghai.rep1").unit_id == identity.unit_id("hangzhou")


def test_a_role_that_is_held_over_both_units_is_held_once(identity, tree):
    rep = identity.user("shanghai.rep1")
    tree.appoint(rep, "field_rep", "hangzhou", roles_pb2.SCOPE_SELF)
    tree.merge("shanghai", "hangzhou")
    held = tree.roles.ListRoleAssignments(roles_pb2.ListRoleAssignmentsRequest(user_id=rep.id))
    assert [(given.role_code, given.unit_id) for given in held.role_assignments] == [
        ("field_rep", identity.unit_id("hangzhou"))
    ]


def test_who_holds_a_role_over_a_merged_unit_from_elsewhere_gets_it_over_the_other(identity, tree):
    tree.appoint(identity.user("ioc.planner"), "section_head", "shanghai", roles_pb2.SCOPE_UNIT)
    token = identity.token("ioc.planner")
    tree.merge("shanghai", "hangzhou")
    with pytest.raises(grpc.RpcError):
        identity.me(token)
    assert "hangzhou" in tree.seen_by("ioc.planner")
    assert identity.user("ioc.planner").unit_id == identity.unit_id("ioc")


def test_a_closed_unit_takes_nothing_any_more(identity, tree, refused):
    rep = identity.user("hangzhou.rep1")
    tree.merge("shanghai", "hangzhou")
    closed = identity.unit_id("shanghai")

    def moved():
        user = users_pb2.User(id=rep.id, unit_id=closed)
        tree.users.UpdateUser(users_pb2.UpdateUserRequest(user=user))

    def opened():
        user = users_pb2.User(username="new", display_name="new", unit_id=closed)
        tree.users.CreateUser(users_pb2.CreateUserRequest(user=user, password=demo.PASSWORD))

    def given():
        tree.appoint(rep, "auditor", closed, roles_pb2.SCOPE_UNIT)

    attempts = (
        moved,
        opened,
        given,
        lambda: tree.create("below", "shanghai"),
        lambda: tree.move("ioc", "shanghai"),
        lambda: tree.move("shanghai", "east"),
        lambda: tree.merge("shanghai", "east"),
        lambda: tree.merge("ioc", "shanghai"),
    )
    for attempt in attempts:
        with refused() as refusal:
            attempt()
        assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "UNIT_CLOSED")


def test_nobody_merges_roles_over_a_unit_that_they_do_not_hold_there(tree, reorganiser, refused):
    """The managers of the unit that ends would manage the other one."""
    stub = reorganiser("consumer-goods")
    with refused() as refusal:
        tree.merge("shanghai", "hangzhou", stub=stub)
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ROLE_BEYOND_OWN")


def test_nobody_joins_a_unit_while_it_is_merged(identity, tree, at_once):
    person = identity.user("hangzhou.rep1")

    def both(unit):
        change = users_pb2.UpdateUserRequest(user=users_pb2.User(id=person.id, unit_id=unit))
        return at_once(lambda: tree.merge(unit, "hangzhou"), lambda: tree.users.UpdateUser(change))

    for round_ in range(5):
        unit = tree.create(f"passing-{round_}", "east").id
        merged, joined = both(unit)
        assert merged is None
        assert joined in (None, "FAILED_PRECONDITION")
        assert identity.value("SELECT count(*) FROM users WHERE unit_id = :unit", unit=unit) == 0
