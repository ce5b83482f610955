"""When a record may be corrected, and by whom."""

import pytest
from chassis.corrections import rules
from chassis.corrections.rules import State

NOW = {"note": "tidy", "price": 3}


def test_a_draft_is_changed_without_a_correction():
    with pytest.raises(rules.NotCorrectable):
        rules.demand_correctable(["note"], known=NOW, is_free=True)


def test_fields_that_no_correction_changes_are_named():
    with pytest.raises(rules.FieldsNotCorrectable) as refused:
        rules.demand_correctable(["note", "unit", "owner"], known=NOW, is_free=False)
    assert refused.value.paths == ["owner", "unit"]


def test_only_what_differs_is_replaced():
    assert rules.replaced(NOW, {"note": "tidy", "price": 4}) == {"price": 3}
    with pytest.raises(rules.NothingChanges):
        rules.replaced(NOW, {"note": "tidy"})


OWNERS = {"owner then", "owner now"}


@pytest.mark.parametrize("decider", ["filer", *sorted(OWNERS)])
def test_nobody_decides_their_own(decider):
    with pytest.raises(rules.OwnCorrection):
        rules.demand_decidable(State.FILED, decider=decider, filed_by="filer", owner_ids=OWNERS)


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.WITHDRAWN])
def test_a_correction_is_decided_once(state):
    with pytest.raises(rules.CorrectionDecided):
        rules.demand_decidable(state, decider="superior", filed_by="filer", owner_ids=OWNERS)


def test_a_superior_decides_what_waits():
    rules.demand_decidable(State.FILED, decider="superior", filed_by="filer", owner_ids=OWNERS)


def test_a_record_that_changed_meanwhile_is_found():
    rules.demand_unchanged({"price": 3}, NOW)
    with pytest.raises(rules.RecordChanged):
        rules.demand_unchanged({"price": 2}, NOW)
