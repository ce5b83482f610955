"""When an account change is late, who decides it, and what becomes of it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chassis import calendar

MOST_AHEAD = timedelta(days=366)
MOST_BACK = timedelta(days=3660)


class Kind(StrEnum):
    OPEN = "OPEN"
    CLOSE = "CLOSE"
    CHANGE = "CHANGE"
    FREEZE = "FREEZE"
    UNFREEZE = "UNFREEZE"


class State(StrEnum):
    FILED = "FILED"
    APPROVED = "APPROVED"
    CARRIED_OUT = "CARRIED_OUT"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


WAITING = (State.FILED, State.APPROVED)

# The states of the account that a change of this kind begins with.
_BEGINS_WITH: Mapping[Kind, Collection[str]] = {
    Kind.OPEN: {"DISABLED"},
    Kind.CLOSE: {"ACTIVE", "FROZEN", "DISABLED"},  # closed by hand, it still owns what a successor is to get
    Kind.CHANGE: {"ACTIVE", "FROZEN"},
    Kind.FREEZE: {"ACTIVE"},
    Kind.UNFREEZE: {"FROZEN"},
}


class OwnAccountChange(Exception):
    """R147, R156: nobody changes their own account, nor decides what they have filed."""


class NotYourAccountChange(Exception):
    """Only who filed a change takes it back."""


class AccountChangeDecided(Exception):
    """The change no longer waits for what was tried."""


class AccountChangeNotApproved(Exception):
    """R156: only an approved change is carried out."""


class AccountChangePending(Exception):
    """Another change of the kind waits for the same person."""


class AccountStateUnfit(Exception):
    """The account is in a state that a change of this kind does not begin with."""


class SuccessorNotFound(Exception):
    """There is no such person, or they lie outside the caller's scope."""


class SuccessorInactive(Exception):
    """Who takes over must be able to work."""


class FieldMissing(Exception):
    """R156: a field that this kind of change needs is empty."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class FieldForeign(Exception):
    """A field is filled that this kind of change has no use for."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class DateOutOfRange(Exception):
    """The day lies more than a year ahead, or more than ten years back."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields that a kind of change needs, and those that it may have besides."""

    needs: frozenset[str]
    may: frozenset[str] = frozenset()


_ALWAYS = frozenset({"reason", "handling"})
_OF_KIND = frozenset({"user_id", "new_person", "new_unit_id", "roles", "successor_id"})
_SHAPES: Mapping[Kind, Shape] = {
    Kind.OPEN: Shape(frozenset({"event_date"}), frozenset({"user_id", "new_person", "new_unit_id", "roles"})),
    Kind.CLOSE: Shape(frozenset({"event_date", "user_id", "successor_id"})),
    Kind.CHANGE: Shape(frozenset({"event_date", "user_id"}), frozenset({"new_unit_id", "roles"})),
    Kind.FREEZE: Shape(frozenset({"user_id"})),
    Kind.UNFREEZE: Shape(frozenset({"user_id"})),
}


def demand_shape(kind: Kind, filled: Collection[str]) -> None:
    """R156: raise FieldMissing or FieldForeign unless these fields are what the kind of change needs."""
    shape = _SHAPES[kind]
    for field in sorted((shape.needs | _ALWAYS) - set(filled)):
        raise FieldMissing(field)
    for field in sorted(_OF_KIND - shape.needs - shape.may & set(filled)):
        raise FieldForeign(field)
    if kind is Kind.OPEN:
        _demand_person_or_account(filled)
    if kind is Kind.CHANGE and not {"new_unit_id", "roles"} & set(filled):
        raise FieldMissing("roles")


def _demand_person_or_account(filled: Collection[str]) -> None:
    """A new person needs a unit; whoever had an account before has one."""
    if "user_id" in filled:
        if "new_person" in filled:
            raise FieldForeign("new_person")
        return
    for field in ("new_person", "new_unit_id"):
        if field not in filled:
            raise FieldMissing(field)


def due(event_date: date) -> datetime:
    """R155: return the end of the first working day after joining, leaving or the change of post."""
    return calendar.at(calendar.next_workday(event_date) + timedelta(days=1), time.min)


def demand_near(event_date: date, today: date) -> None:
    """Raise DateOutOfRange for a day that can only be a mistake."""
    if not today - MOST_BACK <= event_date <= today + MOST_AHEAD:
        raise DateOutOfRange


def is_late(event_date: date, filed_at: datetime) -> bool:
    """R155: tell whether it was filed when the first working day after the event had ended."""
    return filed_at >= due(event_date)


def demand_fit(kind: Kind, account_state: str) -> None:
    """Raise AccountStateUnfit unless the change makes sense for an account in this state."""
    if account_state not in _BEGINS_WITH[kind]:
        raise AccountStateUnfit


def demand_other(caller_id: str, *concerned: str | None) -> None:
    """R147: raise OwnAccountChange when the caller is one of the people concerned."""
    if caller_id in concerned:
        raise OwnAccountChange


def decided(state: State, verdict: State) -> State:
    """Return the state after a superior's verdict. Raises AccountChangeDecided."""
    if state is not State.FILED:
        raise AccountChangeDecided
    return verdict


def withdrawn(state: State) -> State:
    """Return the state after who filed took it back. Raises AccountChangeDecided."""
    if state not in WAITING:
        raise AccountChangeDecided
    return State.WITHDRAWN


def carried_out(state: State) -> State:
    """R156: return the state of a change that is carried out. Raises AccountChangeNotApproved."""
    if state is not State.APPROVED:
        raise AccountChangeNotApproved
    return State.CARRIED_OUT
