from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from visit.photos.rules import (
    MOST_PHOTOS,
    Photo,
    PhotoBeforeChecklist,
    TooManyPhotos,
    UploadIncomplete,
    demand_photo,
    kinds_shown,
)
from visit.visits.rules import (
    CheckIn,
    ChecklistMissing,
    ChecklistSubmitted,
    InvalidReason,
    ItemsNotTicked,
    Notes,
    Occasion,
    PhotoKind,
    StoreException,
    Tick,
    Visit,
    VisitInProgress,
    VisitNotCompleted,
    VisitNotInProgress,
    VisitNotOpen,
    VisitState,
    check_in,
    check_out,
    complete,
    counts,
    demand_checklist,
    in_sequence,
    submit_checklist,
)

TODAY = date(2026, 3, 2)
NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)
FRONT, DISPLAY = PhotoKind
EVERYTHING = tuple(Tick)
PLANNED = Occasion(TODAY, "east", "s1", in_sequence=True)
AD_HOC = Occasion(TODAY, "east")
HANDS_ON = (Tick.DISPLAY_TIDIED, Tick.PRODUCTS_CLEANED, Tick.POSM_TIDIED)
TALKS = (Tick.PROMOTION_INTRODUCED, Tick.COMPETITOR_ACTIVITY_LEARNED, Tick.SELL_THROUGH_LEARNED)


def opened(occasion=AD_HOC):
    return Visit(id="v1", user_id="wang", customer_id="c1", occasion=occasion)


def checked_in(occasion=AD_HOC):
    return check_in(opened(), CheckIn(NINE), occasion, elsewhere=False)


def with_checklist(occasion=AD_HOC):
    return submit_checklist(checked_in(occasion), EVERYTHING, (), NINE)


def completed(*shown):
    return complete(with_checklist(), shown, Notes(), NINE)


def test_a_visit_takes_the_occasion_of_its_check_in():
    visit = check_in(opened(AD_HOC), CheckIn(NINE), PLANNED, elsewhere=False)
    assert (visit.state, visit.occasion, visit.check_in) == (VisitState.IN_PROGRESS, PLANNED, CheckIn(NINE))
    assert visit.version == 2


def test_a_visit_checks_in_once():
    with pytest.raises(VisitNotOpen):
        check_in(checked_in(), CheckIn(NINE), AD_HOC, elsewhere=False)


def test_one_visit_of_a_person_is_in_progress_at_a_time():
    with pytest.raises(VisitInProgress):
        check_in(opened(), CheckIn(NINE), AD_HOC, elsewhere=True)


@pytest.mark.rule("R010")
@pytest.mark.parametrize(
    ("sequence", "begun", "kept"),
    [
        (1, (), True),
        (3, (), True),
        (2, (1,), True),
        (4, (1, 2), True),
        (1, (2,), False),
        (2, (1, 3), False),
    ],
)
def test_a_stop_is_in_sequence_unless_one_behind_it_was_visited_before_R010(sequence, begun, kept):
    assert in_sequence(sequence, begun) is kept


@pytest.mark.rule("R017")
@pytest.mark.parametrize("missing", HANDS_ON)
def test_each_hands_on_item_must_be_ticked_R017(missing):
    with pytest.raises(ItemsNotTicked) as refused:
        submit_checklist(checked_in(), set(EVERYTHING) - {missing}, (), NINE)
    assert refused.value.missing == [missing]


@pytest.mark.rule("R018")
@pytest.mark.parametrize("missing", TALKS)
def test_each_talk_must_be_ticked_R018(missing):
    with pytest.raises(ItemsNotTicked) as refused:
        submit_checklist(checked_in(), set(EVERYTHING) - {missing}, (), NINE)
    assert refused.value.missing == [missing]


@pytest.mark.rule("R019")
@pytest.mark.parametrize("found", [(), (StoreException.PRICE,), tuple(StoreException)])
def test_exceptions_are_chosen_only_where_present_R019(found):
    visit = submit_checklist(checked_in(), EVERYTHING, found, NINE)
    assert (visit.exceptions, visit.checklist_at) == (found, NINE)


def test_a_checklist_is_submitted_once_and_at_the_customer_only():
    with pytest.raises(ChecklistSubmitted):
        submit_checklist(with_checklist(), EVERYTHING, (), NINE)
    for visit in (opened(), completed(FRONT, DISPLAY)):
        with pytest.raises(VisitNotInProgress):
            submit_checklist(visit, EVERYTHING, (), NINE)


@pytest.mark.rule("R016")
def test_photos_come_after_the_checklist_R016():
    with pytest.raises(ChecklistMissing):
        demand_checklist(checked_in())
    assert demand_checklist(with_checklist()) == NINE


@pytest.mark.rule("R016")
def test_a_visit_without_checklist_is_not_completed_R016():
    with pytest.raises(ChecklistMissing):
        complete(checked_in(), (FRONT, DISPLAY), Notes(), NINE)


@pytest.mark.rule("R021")
@pytest.mark.rule("R023")
@pytest.mark.parametrize(
    ("shown", "reasons"),
    [
        ((FRONT, DISPLAY), ()),
        ((FRONT,), (InvalidReason.NO_DISPLAY_PHOTO,)),
        ((DISPLAY,), (InvalidReason.NO_FRONT_PHOTO,)),
        ((), (InvalidReason.NO_FRONT_PHOTO, InvalidReason.NO_DISPLAY_PHOTO)),
    ],
)
def test_a_visit_is_valid_with_a_photo_of_the_front_and_one_of_the_display_R021_R023(shown, reasons):
    visit = completed(*shown)
    assert (visit.state, visit.completed_at) == (VisitState.COMPLETED, NINE)
    assert (visit.valid, visit.invalid_reasons) == (not reasons, reasons)


def test_a_visit_that_is_not_completed_is_not_valid():
    assert not with_checklist().valid


def test_a_visit_is_completed_once():
    with pytest.raises(VisitNotInProgress):
        complete(completed(), (FRONT, DISPLAY), Notes(), NINE)


def test_only_a_completed_visit_is_checked_out_and_only_once():
    left = check_out(completed(), NINE)
    assert (left.state, left.checked_out_at) == (VisitState.CHECKED_OUT, NINE)
    for visit in (opened(), checked_in(), with_checklist(), left):
        with pytest.raises(VisitNotCompleted):
            check_out(visit, NINE)


@pytest.mark.rule("R011")
@pytest.mark.parametrize(
    ("occasion", "policy", "counted"),
    [(PLANNED, False, True), (PLANNED, True, True), (AD_HOC, True, True), (AD_HOC, False, False)],
)
def test_an_ad_hoc_visit_counts_where_the_policy_says_so_R011(occasion, policy, counted):
    assert counts(opened(occasion), counts_ad_hoc_visits=policy) is counted


@pytest.mark.rule("R022")
def test_a_photo_is_taken_after_the_checklist_to_the_second_R022():
    demand_photo(NINE - timedelta(seconds=1), NINE, 0)
    with pytest.raises(PhotoBeforeChecklist):
        demand_photo(NINE - timedelta(seconds=1, microseconds=1), NINE, 0)


@pytest.mark.rule("R022")
def test_photos_are_compared_with_the_phones_own_time_of_the_checklist_R022():
    assert demand_checklist(with_checklist()) == NINE
    slow = NINE - timedelta(seconds=30)
    assert demand_checklist(submit_checklist(checked_in(), EVERYTHING, (), NINE, slow)) == slow


def test_a_visit_has_no_endless_photos():
    demand_photo(NINE, NINE, MOST_PHOTOS - 1)
    with pytest.raises(TooManyPhotos):
        demand_photo(NINE, NINE, MOST_PHOTOS)


def photo(id_, kind, *, link_is_good=True):
    expires_at = NINE + timedelta(hours=1) * (1 if link_is_good else -1)
    return Photo(
        id=id_, visit_id="v1", kind=kind, captured_at=NINE, size_bytes=1, upload_expires_at=expires_at
    )


def test_completion_waits_for_a_photo_that_would_change_the_verdict():
    front, display = photo("p1", FRONT), photo("p2", DISPLAY)
    with pytest.raises(UploadIncomplete) as refused:
        kinds_shown([front, display], {"p1"}, NINE)
    assert refused.value.photo_id == "p2"
    assert kinds_shown([front, display], {"p1", "p2"}, NINE) == {FRONT, DISPLAY}


def test_an_upload_given_up_is_left_out_when_another_photo_shows_the_same():
    photos = [photo("p1", FRONT), photo("p2", FRONT)]
    assert kinds_shown(photos, {"p2"}, NINE) == {FRONT}


def test_a_photo_that_cannot_arrive_any_more_is_left_out():
    assert kinds_shown([photo("p1", FRONT, link_is_good=False)], (), NINE) == frozenset()


def test_a_visit_without_photos_can_be_completed_though_invalid():
    assert kinds_shown([], (), NINE) == frozenset()


def test_a_change_makes_a_new_version():
    visit = opened()
    for change in (
        lambda v: check_in(v, CheckIn(NINE), AD_HOC, elsewhere=False),
        lambda v: submit_checklist(v, EVERYTHING, (), NINE),
        lambda v: complete(v, (), Notes("opinion"), NINE),
        lambda v: check_out(v, NINE),
    ):
        changed = change(visit)
        assert changed.version == visit.version + 1
        assert replace(changed, version=visit.version) != visit
        visit = changed
