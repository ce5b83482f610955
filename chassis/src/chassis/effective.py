"""Settings that differ by unit and change on a date: which version holds where and when. Pure.

A unit without a version of its own inherits from the unit above it. A version holds from its date on until
the next of the same unit; to take one back, state the old values again from a later date.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """What `unit_id`, and what inherits from it, follows from `effective_from` on."""

    unit_id: str
    effective_from: date
    payload: T


class DuplicateVersionError(ValueError):
    """Two versions of one unit begin on the same day, so which of them holds is anybody's guess."""

    def __init__(self, unit_id: str, effective_from: date) -> None:
        super().__init__(f"{unit_id} has two versions from {effective_from} on")
        self.unit_id = unit_id
        self.effective_from = effective_from


def effective(versions: Iterable[Version[T]], unit_path: Sequence[str], on: date) -> Version[T] | None:
    """The version that the first unit of `unit_path` follows on the day `on`; None when there is none.

    `unit_path` leads from the unit itself up to the root. The nearest unit with a version begun by then
    wins, with its latest. Raises DuplicateVersionError.
    """
    begun = [version for version in versions if version.effective_from <= on]
    _refuse_duplicates(begun)
    latest: dict[str, Version[T]] = {}
    for version in begun:
        held = latest.get(version.unit_id)
        if held is None or held.effective_from < version.effective_from:
            latest[version.unit_id] = version
    return next((latest[unit_id] for unit_id in unit_path if unit_id in latest), None)


def _refuse_duplicates(versions: Sequence[Version[T]]) -> None:
    counted = Counter((version.unit_id, version.effective_from) for version in versions)
    for (unit_id, effective_from), count in counted.items():
        if count > 1:
            raise DuplicateVersionError(unit_id, effective_from)
