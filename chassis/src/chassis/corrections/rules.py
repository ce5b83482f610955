"""When a record may be corrected, and who decides (R136). Pure."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any


class State(StrEnum):
    FILED = "FILED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class NotCorrectable(Exception):
    """The record is still free to change: change it."""


class FieldsNotCorrectable(Exception):
    """Fields that no correction changes."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__(paths)
        self.paths = paths


class NothingChanges(Exception):
    """Every field has the value already."""


class CorrectionPending(Exception):
    """Another correction of the record waits for its decision."""


class CorrectionDecided(Exception):
    """The correction was decided or taken back before."""


class OwnCorrection(Exception):
    """Nobody decides what they filed, nor about a record that is theirs or was when it was filed."""


class RecordChanged(Exception):
    """The record is no longer as it was when the correction was filed."""


def demand_correctable(paths: Iterable[str], *, known: Collection[str], is_free: bool) -> None:
    """Raise NotCorrectable for a record that is free to change, FieldsNotCorrectable for other fields."""
    if is_free:
        raise NotCorrectable
    unknown = sorted(path for path in paths if path not in known)
    if unknown:
        raise FieldsNotCorrectable(unknown)


def replaced(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a correction replaces, by field. Raises NothingChanges when there is none."""
    changed = {path: current[path] for path in sorted(wanted) if wanted[path] != current[path]}
    if not changed:
        raise NothingChanges
    return changed


def demand_decidable(state: State, *, decider: str, filed_by: str, owner_ids: Collection[str]) -> None:
    """Raise OwnCorrection or CorrectionDecided unless this person may decide it now.

    Args:
        state: where the correction stands.
        decider: who wants to decide.
        filed_by: who filed it.
        owner_ids: whose record it was on the day of filing, and whose it is today.
    """
    if decider == filed_by or decider in owner_ids:
        raise OwnCorrection
    demand_waiting(state)


def demand_waiting(state: State) -> None:
    """Raise CorrectionDecided unless the correction waits."""
    if state is not State.FILED:
        raise CorrectionDecided


def demand_unchanged(before: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Raise RecordChanged unless the fields still have the values from which they were to change."""
    if any(current.get(path) != value for path, value in before.items()):
        raise RecordChanged
