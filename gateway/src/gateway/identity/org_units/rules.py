"""What can be wrong with a unit, and which section it belongs to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

SECTION = "SECTION"


class UnitNotFound(Exception):
    """There is no such unit, or it lies outside the caller's scope."""


class UnitCodeTaken(Exception):
    """Another unit has the code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnitClosed(Exception):
    """The unit was merged into another: it takes nothing any more."""


class SectionInsideSection(Exception):
    """R158, R159: sections stand side by side; inside one nobody could say whose data are whose."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the rules of the tree see it."""

    id: str
    parent_id: str | None
    kind: str
    closed: bool


def section_of(path: Sequence[Unit]) -> str:
    """Return the section of a path's first unit: the nearest that works, or an empty string."""
    return next((unit.id for unit in path if unit.kind == SECTION and not unit.closed), "")


def demand_place(parent_path: Sequence[Unit], *, brings_section: bool) -> None:
    """Raise UnitClosed or SectionInsideSection unless a unit may stand below the first one of the path.

    Args:
        parent_path: the unit that is to be above it, the one above that, and so on up to the root.
        brings_section: whether what comes is a section or has one below it.
    """
    if parent_path[0].closed:
        raise UnitClosed
    if brings_section and section_of(parent_path):
        raise SectionInsideSection
