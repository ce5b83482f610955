"""What a visit may become: opened, checked in, checklist, photos, completed, checked out. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class VisitState(StrEnum):
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CHECKED_OUT = "CHECKED_OUT"


class PhotoKind(StrEnum):
    """What a photo shows: the shop front (店面门头) or the display in the shop (店内陈列)."""

    FRONT = "FRONT"
    DISPLAY = "DISPLAY"


class InvalidReason(StrEnum):
    NO_FRONT_PHOTO = "NO_FRONT_PHOTO"
    NO_DISPLAY_PHOTO = "NO_DISPLAY_PHOTO"


class StoreException(StrEnum):
    """What was found amiss in the shop (R019)."""

    TIDINESS = "TIDINESS"
    POSM = "POSM"
    PRICE = "PRICE"


class Tick(StrEnum):
    """What must be done in the shop: three hands-on items (R017) and three talks (R018)."""

    DISPLAY_TIDIED = "display_tidied"
    PRODUCTS_CLEANED = "products_cleaned"
    POSM_TIDIED = "posm_tidied"
    PROMOTION_INTRODUCED = "promotion_introduced"
    COMPETITOR_ACTIVITY_LEARNED = "competitor_activity_learned"
    SELL_THROUGH_LEARNED = "sell_through_learned"


class Place(NamedTuple):
    """Where a phone was: WGS84 degrees, radius of 68 % confidence in metres (0: unknown)."""

    latitude: float
    longitude: float
    accuracy_meters: float


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in by the server's clock, with the phone's own time and place where it gave them."""

    at: datetime
    captured_at: datetime | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Notes:
    customer_opinion: str = ""
    in_store_sales: str = ""
    competitor_information: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """The day of a visit, the person's unit on that day, and the stop it makes; ad hoc it makes none (R011).

    `in_sequence` says whether a planned visit is made in the order of the route (R010).
    """

    visit_date: date
    unit_id: str
    plan_stop_id: str | None = None
    in_sequence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    id: str
    user_id: str
    customer_id: str
    occasion: Occasion
    state: VisitState = VisitState.OPEN
    check_in: CheckIn | None = None
    checklist_at: datetime | None = None
    checklist_captured_at: datetime | None = None
    exceptions: tuple[StoreException, ...] = ()
    completed_at: datetime | None = None
    invalid_reasons: tuple[InvalidReason, ...] = ()
    notes: Notes = Notes()
    checked_out_at: datetime | None = None
    version: int = 1

    @property
    def valid(self) -> bool:
        """Whether the visit is completed and nothing speaks against it."""
        return self.completed_at is not None and not self.invalid_reasons


class StopAlreadyVisited(Exception):
    """The plan's stop has its visit."""


class VisitNotOpen(Exception):
    """The visit has checked in before."""


class VisitInProgress(Exception):
    """The person is at another customer: one visit is in progress at a time."""


class VisitNotInProgress(Exception):
    """The person is not at the customer, or has completed the visit."""


class ChecklistSubmitted(Exception):
    """The checklist is submitted once."""


class ChecklistMissing(Exception):
    """The checklist comes before the photos and the completion (R016)."""


class ItemsNotTicked(Exception):
    """Some of the six items are not ticked (R017, R018)."""

    def __init__(self, missing: Sequence[Tick]) -> None:
        super().__init__(missing)
        self.missing = missing


class VisitNotCompleted(Exception):
    """Only a completed visit is checked out."""


def in_sequence(sequence: int, begun: Iterable[int]) -> bool:
    """Tell whether a stop is visited in the order of the route (R010).

    It is when no stop behind it in the same day's route was checked in before. A stop that is left out does
    not spoil those behind it; coming back to it later does.
    """
    return all(earlier < sequence for earlier in begun)


def check_in(visit: Visit, check_in: CheckIn, occasion: Occasion, *, elsewhere: bool) -> Visit:
    """Return the visit in progress, on the occasion of the day it takes place.

    Args:
        visit: the visit as it was opened; its day and stop may have changed since, by midnight or by an
            amendment of the plan.
        check_in: when and where.
        occasion: day, unit and stop as they are now.
        elsewhere: whether another visit of the person is in progress.

    Raises VisitNotOpen, VisitInProgress.
    """
    if visit.state is not VisitState.OPEN:
        raise VisitNotOpen
    if elsewhere:
        raise VisitInProgress
    return _changed(visit, state=VisitState.IN_PROGRESS, check_in=check_in, occasion=occasion)


def submit_checklist(
    visit: Visit,
    ticked: Collection[Tick],
    exceptions: Iterable[StoreException],
    at: datetime,
    captured_at: datetime | None = None,
) -> Visit:
    """Return the visit with its checklist: all six items ticked, exceptions where present (R017 to R019).

    Args:
        visit: in progress.
        ticked: what was done.
        exceptions: what was found amiss.
        at: when it arrives, by the server's clock.
        captured_at: when it was submitted, by the phone's, where the phone gives it.

    Raises VisitNotInProgress, ChecklistSubmitted, ItemsNotTicked.
    """
    if visit.state is not VisitState.IN_PROGRESS:
        raise VisitNotInProgress
    if visit.checklist_at:
        raise ChecklistSubmitted
    missing = [tick for tick in Tick if tick not in ticked]
    if missing:
        raise ItemsNotTicked(missing)
    return _changed(visit, checklist_at=at, checklist_captured_at=captured_at, exceptions=tuple(exceptions))


def demand_checklist(visit: Visit) -> datetime:
    """Return when the checklist of a visit in progress was submitted: photos come after it (R016).

    By the phone's clock, as the photos' times are; by the server's where the phone did not give its own.

    Raises VisitNotInProgress, ChecklistMissing.
    """
    if visit.state is not VisitState.IN_PROGRESS:
        raise VisitNotInProgress
    if visit.checklist_at is None:
        raise ChecklistMissing
    return visit.checklist_captured_at or visit.checklist_at


def complete(visit: Visit, shown: Collection[PhotoKind], notes: Notes, at: datetime) -> Visit:
    """Return the visit completed, valid or with the reasons why it is not.

    Args:
        visit: in progress, with its checklist.
        shown: what its photos show.
        notes: what was heard and seen.
        at: when it is completed.

    Raises VisitNotInProgress, ChecklistMissing.
    """
    demand_checklist(visit)
    return _changed(
        visit,
        state=VisitState.COMPLETED,
        completed_at=at,
        invalid_reasons=tuple(invalid_reasons(shown)),
        notes=notes,
    )


def invalid_reasons(shown: Collection[PhotoKind]) -> Iterable[InvalidReason]:
    """Yield why a visit with photos of these kinds is invalid: both are needed (R021, R023, A29)."""
    if PhotoKind.FRONT not in shown:
        yield InvalidReason.NO_FRONT_PHOTO
    if PhotoKind.DISPLAY not in shown:
        yield InvalidReason.NO_DISPLAY_PHOTO


def counts(visit: Visit, *, counts_ad_hoc_visits: bool) -> bool:
    """Tell whether a visit counts towards the person's visits: planned, or ad hoc where these count (A25)."""
    return visit.occasion.plan_stop_id is not None or counts_ad_hoc_visits


def check_out(visit: Visit, at: datetime) -> Visit:
    """Return the visit that the person has left. Raises VisitNotCompleted."""
    if visit.state is not VisitState.COMPLETED:
        raise VisitNotCompleted
    return _changed(visit, state=VisitState.CHECKED_OUT, checked_out_at=at)


def _changed(visit: Visit, **changes: object) -> Visit:
    return replace(visit, version=visit.version + 1, **changes)  # type: ignore[arg-type] # fields of Visit
