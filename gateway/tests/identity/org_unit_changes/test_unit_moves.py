import uuid

import pytest
from journeyman.identity.v1 import events_pb2, org_units_pb2
from journeyman.identity.v1 import org_unit_changes_pb2 as pb

Change, Unit = pb.OrgUnitChange, org_units_pb2.OrgUnit


def test_a_unit_moves_with_everything_below_it_and_every_scope_follows_at_once(identity, tree):
    tree.create("north", "consumer-goods", Unit.KIND_REGION)
    assert tree.seen_by("east.manager") == ["east", "hangzhou", "shanghai"]
    change = tree.move("shanghai", "north")
    assert (change.kind, change.state) == (Change.KIND_MOVE, Change.STATE_APPLIED)
    assert change.former_parent_id == identity.unit_id("east")
    assert change.HasField("close_time")
    assert tree.unit("shanghai").parent_id == identity.unit_id("north")
    assert tree.seen_by("east.manager") == ["east", "hangzhou"]
    told = tree.facts("org_unit.changed", events_pb2.OrgUnitChanged)[-1]
    assert (told.code, told.parent_id) == ("shanghai", identity.unit_id("north"))


def test_what_the_tree_does_not_allow_is_refused_when_it_is_filed(identity, tree, refused):
    for act, unit, target, reason in (
        (tree.move, "east", "shanghai", "UNIT_CYCLE"),
        (tree.merge, "east", "east", "UNIT_CYCLE"),
        (tree.move, "hq-group", "east", "UNIT_IS_ROOT"),
        (tree.move, "shanghai", "east", "UNIT_ALREADY_THERE"),
    ):
        for days in (0, 1):
            with refused() as refusal:
                act(unit, target, days=days)
            assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", reason)
    assert identity.value("SELECT count(*) FROM org_unit_changes") == 0


def test_an_impossible_day_is_named(identity, tree, refused):
    units = {"org_unit_id": identity.unit_id("shanghai"), "parent_id": identity.unit_id("ioc")}
    for day in ("2026-02-30", "1999-01-01", ""):
        with refused() as refusal:
            tree.changes.MoveOrgUnit(pb.MoveOrgUnitRequest(**units, effective_date=day, reason="x"))
        assert (refusal.code, set(refusal.fields)) == ("INVALID_ARGUMENT", {"effectiveDate"})


def test_units_outside_the_scope_do_not_exist_for_who_reorganises(tree, reorganiser, refused):
    stub = reorganiser("consumer-goods", "system_admin")
    assert tree.move("shanghai", "consumer-goods", stub=stub).state == Change.STATE_APPLIED
    for unit, target, reason in (
        ("west", "east", "NOT_FOUND"),
        ("shanghai", "west", "UNIT_NOT_FOUND"),
        (str(uuid.uuid4()), "east", "NOT_FOUND"),
        ("shanghai", str(uuid.uuid4()), "UNIT_NOT_FOUND"),
        ("consumer-goods", "east", "UNIT_NOT_FOUND"),
    ):
        for act in (tree.move, tree.merge):
            with refused() as refusal:
                act(unit, target, stub=stub)
            assert (refusal.code, refusal.reason) == ("NOT_FOUND", reason)


@pytest.mark.rule("R159")
def test_a_unit_leaves_its_section_by_the_hand_of_who_distributes_over_both_R159(tree, reorganiser, refused):
    reorganiser("consumer-goods")
    stub = reorganiser("drinks")
    assert tree.move("shanghai", "consumer-goods", stub=stub).state == Change.STATE_APPLIED
    for act, days in ((tree.move, 0), (tree.move, 3), (tree.merge, 0)):
        with refused() as refusal:
            act("shanghai", "west", days=days, stub=stub)
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "SECTION_LEFT")
    one = reorganiser("consumer-goods", "distributor")
    with refused() as refusal:
        tree.move("shanghai", "west", stub=one)
    assert refusal.reason == "SECTION_LEFT"
    both = reorganiser("drinks", "distributor")
    assert tree.move("shanghai", "west", stub=both).target_unit_id


def test_changes_are_listed_in_scope_newest_first(tree, refused):
    tree.create("north", "consumer-goods", Unit.KIND_REGION)
    first = tree.move("shanghai", "north")
    second = tree.move("hangzhou", "north", days=5)
    third = tree.move("ioc", "hq-market")
    listed = tree.changes.ListOrgUnitChanges(pb.ListOrgUnitChangesRequest()).org_unit_changes
    assert [change.id for change in listed] == [third.id, second.id, first.id]
    page = tree.changes.ListOrgUnitChanges(pb.ListOrgUnitChangesRequest(page_size=2))
    rest = pb.ListOrgUnitChangesRequest(page_size=2, page_token=page.next_page_token)
    assert [change.id for change in tree.changes.ListOrgUnitChanges(rest).org_unit_changes] == [first.id]
    waiting = pb.ListOrgUnitChangesRequest(state=Change.STATE_SCHEDULED)
    assert [change.id for change in tree.changes.ListOrgUnitChanges(waiting).org_unit_changes] == [second.id]
    of_unit = pb.ListOrgUnitChangesRequest(unit_id=first.unit_id)
    assert [change.id for change in tree.changes.ListOrgUnitChanges(of_unit).org_unit_changes] == [first.id]
    with refused() as refusal:
        tree.changes_of("shanghai.manager").ListOrgUnitChanges(pb.ListOrgUnitChangesRequest())
    assert refusal.code == "PERMISSION_DENIED"


def test_two_moves_at_once_make_no_cycle(identity, tree, at_once):
    def cross(one, other):
        return at_once(lambda: tree.move(one, other), lambda: tree.move(other, one))

    for round_ in range(5):
        refusals = cross(
            *(tree.create(f"{side}-{round_}", "consumer-goods").id for side in ("left", "right"))
        )
        assert sorted(refusals, key=str) == ["FAILED_PRECONDITION", None]
    loops = "SELECT a.id FROM org_units a JOIN org_units b ON a.parent_id = b.id AND b.parent_id = a.id"
    assert identity.value(loops) is None
