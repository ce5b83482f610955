"""The states of a security incident (R149). Pure."""

from enum import StrEnum


class Severity(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class State(StrEnum):
    REPORTED = "REPORTED"
    TAKEN_UP = "TAKEN_UP"
    RESOLVED = "RESOLVED"
    DISMISSED = "DISMISSED"


CLOSED = frozenset({State.RESOLVED, State.DISMISSED})


class IncidentTakenUp(Exception):
    """Somebody works on it already."""


class IncidentNotTakenUp(Exception):
    """Nobody says what came of an incident that nobody has looked into."""


class IncidentClosed(Exception):
    """It was resolved or dismissed."""


def taken_up(state: State) -> State:
    """Return the state of an incident that somebody takes up. Raises IncidentTakenUp, IncidentClosed."""
    if state in CLOSED:
        raise IncidentClosed
    if state is State.TAKEN_UP:
        raise IncidentTakenUp
    return State.TAKEN_UP


def closed(state: State, verdict: State) -> State:
    """Return the state after the verdict of a handler. Raises IncidentNotTakenUp, IncidentClosed."""
    if state in CLOSED:
        raise IncidentClosed
    if state is State.REPORTED:
        raise IncidentNotTakenUp
    return verdict
