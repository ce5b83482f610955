"""Whose phone a phone is, what becomes of it, and what its session may do. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.identity.roles.rules import Holding, covered

SHARING_WINDOW = timedelta(days=30)
# What a phone hands in that it dates itself. Clock-ins and check-ins are dated by the server on arrival: from
# a phone that was replaced they would say where that phone is today.
HANDED_IN = frozenset({"tracks.append", "visits.write"})


class State(StrEnum):
    PENDING = "PENDING"
    BOUND = "BOUND"
    REPLACED = "REPLACED"
    REVOKED = "REVOKED"
    REJECTED = "REJECTED"


REVOCABLE = (State.PENDING, State.BOUND, State.REPLACED)


class DeviceNotBound(Exception):
    """R135: somebody signed in from a phone that is not theirs; the change of phone waits for a superior."""

    outcome = "device_not_bound"


class OtherDevicePending(DeviceNotBound):
    """The change to another phone waits already; this one is not asked for."""


class OwnDevice(Exception):
    """Nobody decides about their own phone."""


class DeviceStateUnfit(Exception):
    """The phone is in a state that does not lead there."""


@dataclass(frozen=True, slots=True)
class Phone:
    """The phone of a session.

    Attributes:
        replaced_at: another phone took its place then, by the business clock: it only hands in what it had
            captured. None: it is bound.
    """

    device_id: str
    replaced_at: datetime | None = None


def decided(state: State, verdict: State) -> State:
    """Return the state after a superior's verdict. Raises DeviceStateUnfit."""
    if state is not State.PENDING:
        raise DeviceStateUnfit
    return verdict


def revoked(state: State) -> State:
    """Return the state of a phone that is lost, or no longer asked for. Raises DeviceStateUnfit."""
    if state not in REVOCABLE:
        raise DeviceStateUnfit
    return State.REVOKED


def demand_other(caller_id: str, user_id: str) -> None:
    """Raise OwnDevice when the two are one."""
    if caller_id == user_id:
        raise OwnDevice


def takes_part(state: State, queue_ends_at: datetime | None, at: datetime) -> bool:
    """Tell whether the session of a phone goes on: while it is bound, or hands in (`at` is the real time)."""
    handing_in = state is State.REPLACED and queue_ends_at is not None and at < queue_ends_at
    return state is State.BOUND or handing_in


def permitted(holdings: Iterable[Holding], phone: Phone | None) -> list[Holding]:
    """Return what a session may do: all that its person may, or from a replaced phone, what hands in."""
    if phone is None or phone.replaced_at is None:
        return list(holdings)
    narrowed = [replace(holding, permissions=_handed_in(holding.permissions)) for holding in holdings]
    return [holding for holding in narrowed if holding.permissions]


def _handed_in(permissions: frozenset[str]) -> frozenset[str]:
    return frozenset(permission for permission in HANDED_IN if covered(permission, permissions))


def seen_together(seen_at: datetime, at: datetime) -> bool:
    """R032, R135: tell whether somebody seen on a phone then shares it with who signs in from it now."""
    return seen_at > at - SHARING_WINDOW


def pairs(user_id: str, others: Collection[str]) -> list[tuple[str, str]]:
    """Return who shares with whom, each pair in one order."""
    return [(min(user_id, other), max(user_id, other)) for other in sorted(others)]
