from journeyman.audit.v1 import events_pb2 as audit_pb2
from journeyman.identity.v1 import org_unit_changes_pb2 as pb
from journeyman.identity.v1 import org_units_pb2

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
