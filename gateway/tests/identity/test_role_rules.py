import pytest
from gateway.identity.roles.rules import (
    AccountBeyondOwn,
    Holding,
    RoleBeyondOwn,
    demand_held,
    demand_not_stronger,
    merged,
)

TREE = {
    "top": frozenset({"top", "left", "right"}),
    "left": frozenset({"left"}),
    "right": frozenset({"right"}),
}


def may_give(own, given):
    try:
        demand_held(given, own, TREE.__getitem__)
    except RoleBeyondOwn:
        return False
    return True


def holding(permission, unit="left", scope="UNIT"):
    return Holding(frozenset(permission.split()), unit, scope)


@pytest.mark.parametrize(
    ("own", "given", "may"),
    [
        ("*", "*", True),
        ("*", "customers.read customers.*", True),
        ("customers.*", "customers.read", True),
        ("*.read", "customers.read", True),
        ("*.read", "*.read", True),
        ("customers.*", "customers.*", True),
        ("customers.read", "customers.read", True),
        ("customers.read", "customers.*", False),
        ("customers.*", "*.read", False),
        ("*.read", "customers.*", False),
        ("*.read customers.*", "*", False),
        ("customers.read", "visits.read", False),
        ("customers.read", "customers.read visits.read", False),
    ],
)
def test_a_pattern_is_given_by_who_holds_all_of_it(own, given, may):
    assert may_give([holding(own)], holding(given)) is may


@pytest.mark.parametrize(
    ("own", "given", "may"),
    [
        (("left", "ALL"), ("right", "ALL"), True),
        (("top", "SUBTREE"), ("left", "ALL"), False),
        (("top", "SUBTREE"), ("left", "SUBTREE"), True),
        (("top", "SUBTREE"), ("right", "SELF"), True),
        (("left", "SUBTREE"), ("right", "UNIT"), False),
        (("left", "SUBTREE"), ("top", "SUBTREE"), False),
        (("left", "UNIT"), ("left", "UNIT"), True),
        (("left", "UNIT"), ("left", "SELF"), True),
        (("left", "UNIT"), ("left", "SUBTREE"), False),
        (("left", "UNIT"), ("right", "UNIT"), False),
        (("left", "SELF"), ("left", "SELF"), False),
    ],
)
def test_a_scope_is_given_by_who_reaches_as_far(own, given, may):
    assert may_give([holding("a.b", *own)], holding("a.b", *given)) is may


def test_permissions_from_several_assignments_count_together():
    own = [holding("a.b"), holding("c.d", scope="SUBTREE"), holding("e.f", unit="right")]
    assert may_give(own, holding("a.b c.d"))
    assert not may_give(own, holding("a.b e.f"))


def test_assignments_of_one_place_travel_as_one():
    assert merged([holding("a.b"), holding("c.d"), holding("e.f", unit="top")]) == [
        holding("a.b c.d"),
        holding("e.f", unit="top"),
    ]


MAY_CHANGE_ACCOUNTS = "users.read users.update"


def outweighs(own, account):
    try:
        demand_not_stronger(account, own, TREE.__getitem__)
    except AccountBeyondOwn:
        return False
    return True


@pytest.mark.parametrize(
    ("account", "may"),
    [
        ([], True),
        ([holding("visits.write customers.read")], True),
        ([holding("visits.write", scope="SELF")], True),
        ([holding("*.read users.update")], True),
        ([holding("visits.write", scope="ALL")], False),
        ([holding("visits.write", "right")], False),
        ([holding("*")], False),
        ([holding("*.update")], False),
        ([holding("users.*")], False),
        ([holding("roles.assign")], False),
        ([holding("visits.write"), holding("orgUnits.update")], False),
    ],
)
def test_an_account_is_stronger_by_its_reach_and_its_rights_of_administration(account, may):
    assert outweighs([holding(MAY_CHANGE_ACCOUNTS)], account) is may


def test_who_may_do_everything_there_is_outweighed_by_nobody():
    strong = [holding("*"), holding("users.*", "right", "SUBTREE")]
    assert outweighs([holding("*", "top", "SUBTREE")], strong)
    assert not outweighs([holding("*", "top", "SUBTREE")], [*strong, holding("visits.read", scope="ALL")])


def test_reach_without_the_right_to_change_accounts_there_is_no_weight():
    own = [holding(MAY_CHANGE_ACCOUNTS), holding("customers.read", "top", "ALL")]
    assert not outweighs(own, [holding("customers.read", "right")])
