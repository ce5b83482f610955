"""When a unit may move or be merged. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.identity.org_units.rules import SECTION, Unit, UnitClosed, demand_place, section_of

FURTHEST = timedelta(days=366)


class Kind(StrEnum):
    MOVE = "MOVE"
    MERGE = "MERGE"


class State(StrEnum):
    SCHEDULED = "SCHEDULED"
    APPLIED = "APPLIED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class UnitIsRoot(Exception):
    """The root has no place to leave."""


class UnitAlreadyThere(Exception):
    """The unit stands below the other one already."""


class UnitCycle(Exception):
    """The other unit is the unit itself, or stands below it."""


class SectionLeft(Exception):
    """R159: what leaves its section is distributed by group marketing."""


class FilerMayNot(Exception):
    """Who filed the change may no longer make it: the account is closed, or the right is gone."""


class ChangeScheduled(Exception):
    """A change of the unit waits for its day."""


class ChangeClosed(Exception):
    """The change was applied, has failed, or was called off."""


class TooFarAway(Exception):
    """The day is more than a year away."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen, with the tree as it is.

    Attributes:
        path: the unit, the one above it, and so on up to the root.
        target_path: the same of the unit that it goes to.
        holds_section: whether a section that works stands below the unit.
    """

    kind: Kind
    path: Sequence[Unit]
    target_path: Sequence[Unit]
    holds_section: bool

    @property
    def unit(self) -> Unit:
        return self.path[0]

    @property
    def target(self) -> Unit:
        return self.target_path[0]


def demand_possible(plan: Plan) -> None:
    """Raise unless the tree is still one tree afterwards, with sections side by side (R158).

    Raises UnitIsRoot, UnitClosed, UnitCycle, UnitAlreadyThere, SectionInsideSection.
    """
    unit = plan.unit
    if unit.parent_id is None:
        raise UnitIsRoot
    if unit.closed:
        raise UnitClosed
    if unit.id in {above.id for above in plan.target_path}:
        raise UnitCycle
    moves = plan.kind is Kind.MOVE
    if moves and unit.parent_id == plan.target.id:
        raise UnitAlreadyThere
    brings_section = plan.holds_section or (moves and unit.kind == SECTION)
    demand_place(plan.target_path, brings_section=brings_section)


def leaves_section(plan: Plan) -> bool:
    """Tell whether what belongs to the unit changes its section (R159). A section that moves stays one."""
    if plan.kind is Kind.MOVE and plan.unit.kind == SECTION:
        return False
    return section_of(plan.path) != section_of(plan.target_path)


def demand_near(effective: date, today: date) -> None:
    """Raise TooFarAway for a day more than a year before or after today."""
    if abs(effective - today) > FURTHEST:
        raise TooFarAway


def is_due(effective: date, today: date) -> bool:
    return effective <= today


def demand_scheduled(state: str) -> None:
    """Raise ChangeClosed unless the change waits for its day."""
    if state != State.SCHEDULED:
        raise ChangeClosed
