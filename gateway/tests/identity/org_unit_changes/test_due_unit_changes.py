import pytest
from journeyman.audit.v1 import events_pb2 as audit_pb2
from journeyman.identity.v1 import org_unit_changes_pb2 as pb
from journeyman.identity.v1 import org_units_pb2, users_pb2
from journeyman.notices.v1 import events_pb2 as notices_pb2

Change, Unit = pb.OrgUnitChange, org_units_pb2.OrgUnit


def test_a_change_for_a_later_day_waits_for_it(identity, tree):
    tree.create("north", "consumer-goods", Unit.KIND_REGION)
    change = tree.move("shanghai", "north", days=2)
    assert change.state == Change.STATE_SCHEDULED
    tree.sweep(1)
    assert tree.unit("shanghai").parent_id == identity.unit_id("east")
    tree.sweep(2)
    assert tree.unit("shanghai").parent_id == identity.unit_id("north")
    assert tree.now(change).state == Change.STATE_APPLIED
    assert tree.notices() == [("orgUnitChanges.applied", [change.filed_by_id], "")]
    audited = tree.facts("audit.recorded", audit_pb2.AuditRecorded)[-1]
    assert (audited.resource, audited.on_behalf_of) == (f"orgUnitChanges/{change.id}", change.filed_by_id)
    before = len(identity.events("org_unit.changed"))
    tree.sweep(3)
    assert len(identity.events("org_unit.changed")) == before


def test_a_change_that_is_no_longer_possible_on_its_day_fails_and_the_filer_is_told(identity, tree):
    tree.create("north", "consumer-goods", Unit.KIND_REGION)
    later = tree.move("east", "north", days=2)
    tree.move("north", "east")
    good = tree.move("hangzhou", "consumer-goods", days=2)
    tree.sweep(2)
    failed = tree.now(later)
    assert (failed.state, failed.failure_reason) == (Change.STATE_FAILED, "UNIT_CYCLE")
    assert tree.unit("east").parent_id == identity.unit_id("consumer-goods")
    assert tree.now(good).state == Change.STATE_APPLIED
    assert tree.notices()[0] == ("orgUnitChanges.failed", [later.filed_by_id], "UNIT_CYCLE")


def test_a_scheduled_change_is_called_off_once(identity, tree, refused):
    change = tree.move("shanghai", "consumer-goods", days=2)
    assert tree.cancel(change).state == Change.STATE_CANCELLED
    with refused() as refusal:
        tree.cancel(change)
    assert refusal.reason == "CHANGE_CLOSED"
    tree.sweep(2)
    assert tree.unit("shanghai").parent_id == identity.unit_id("east")


def test_one_change_of_a_unit_waits_at_a_time(tree, refused):
    first = tree.move("shanghai", "consumer-goods", days=2)
    with refused() as refusal:
        tree.move("shanghai", "hangzhou", days=3)
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "CHANGE_SCHEDULED")
    tree.cancel(first)
    assert tree.move("shanghai", "hangzhou", days=3).state == Change.STATE_SCHEDULED


def test_a_cancellation_and_the_sweep_at_once_agree(identity, tree, at_once):
    change = tree.move("shanghai", "consumer-goods", days=1)
    cancelled, _ = at_once(lambda: tree.cancel(change), lambda: tree.sweep(1))
    applied, called_off = (Change.STATE_APPLIED, "consumer-goods"), (Change.STATE_CANCELLED, "east")
    state, parent = applied if cancelled else called_off
    assert tree.now(change).state == state
    assert tree.unit("shanghai").parent_id == identity.unit_id(parent)


def role_is_taken_away(tree, chief, organiser):
    tree.take_back(chief, organiser)
    tree.appoint(chief, "organiser", "hangzhou")


def account_is_frozen(tree, chief, organiser):
    frozen = users_pb2.User(id=chief.id, state=users_pb2.User.STATE_FROZEN, freeze_reason="将离职")
    tree.users.UpdateUser(users_pb2.UpdateUserRequest(user=frozen))


def account_has_no_role(tree, chief, organiser):
    tree.take_back(chief, organiser)


@pytest.mark.parametrize("loss", [role_is_taken_away, account_is_frozen, account_has_no_role])
def test_a_change_whose_filer_may_no_longer_make_it_fails_and_others_are_told(tree, chief, loss):
    organiser = tree.appoint(chief, "organiser", "consumer-goods")
    change = tree.move("shanghai", "consumer-goods", days=2, stub=tree.changes_of("chief"))
    loss(tree, chief, organiser)
    tree.sweep(2)
    failed = tree.now(change)
    assert (failed.state, failed.failure_reason) == (Change.STATE_FAILED, "FILER_MAY_NOT")
    assert tree.unit("shanghai").parent_id == tree.id_of("east")
    assert tree.notices() == [("orgUnitChanges.failed", [chief.id], "FILER_MAY_NOT")]
    notice = tree.facts("notice.raised", notices_pb2.NoticeRaised)[0]
    told_besides = (notice.recipient_permission, notice.recipient_unit_id)
    assert told_besides == ("orgUnits.reorganise", tree.id_of("shanghai"))


@pytest.mark.rule("R159")
def test_what_leaves_its_section_by_its_day_takes_who_distributes_on_that_day_R159(tree, chief):
    for unit in ("consumer-goods", "drinks"):
        tree.appoint(chief, "organiser", unit)
    tree.appoint(chief, "distributor", "consumer-goods")
    distributor = tree.appoint(chief, "distributor", "drinks")
    stub = tree.changes_of("chief")
    across = tree.move("shanghai", "west", days=2, stub=stub)
    tree.take_back(chief, distributor)
    tree.sweep(2)
    assert (tree.now(across).state, tree.now(across).failure_reason) == (Change.STATE_FAILED, "SECTION_LEFT")


@pytest.mark.rule("R159")
def test_a_target_that_has_changed_its_section_meanwhile_is_another_section_R159(tree, chief):
    for unit in ("consumer-goods", "drinks"):
        tree.appoint(chief, "organiser", unit)
    tree.create("north", "consumer-goods", Unit.KIND_REGION)
    change = tree.move("shanghai", "north", days=2, stub=tree.changes_of("chief"))
    tree.move("north", "drinks")
    tree.sweep(2)
    assert (tree.now(change).state, tree.now(change).failure_reason) == (Change.STATE_FAILED, "SECTION_LEFT")


def test_a_merge_that_has_come_to_give_more_than_its_filer_holds_fails(tree, chief):
    tree.appoint(chief, "organiser", "consumer-goods")
    tree.create("passing", "east")
    change = tree.merge("passing", "hangzhou", days=2, stub=tree.changes_of("chief"))
    tree.appoint(tree.hire("somebody", "passing"), "district_manager", "passing")
    tree.sweep(2)
    failed = tree.now(change)
    assert (failed.state, failed.failure_reason) == (Change.STATE_FAILED, "ROLE_BEYOND_OWN")
    assert tree.unit("passing").state == Unit.STATE_ACTIVE


def test_a_change_into_a_unit_that_was_merged_meanwhile_fails(tree):
    change = tree.move("shanghai", "hangzhou", days=2)
    tree.merge("hangzhou", "east")
    tree.sweep(2)
    assert (tree.now(change).state, tree.now(change).failure_reason) == (Change.STATE_FAILED, "UNIT_CLOSED")


def test_a_change_goes_through_in_the_hands_of_who_may_still_make_it(tree, chief):
    tree.appoint(chief, "organiser", "consumer-goods")
    change = tree.move("shanghai", "consumer-goods", days=2, stub=tree.changes_of("chief"))
    tree.sweep(2)
    assert tree.now(change).state == Change.STATE_APPLIED
