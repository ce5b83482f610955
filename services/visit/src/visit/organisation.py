"""The organisation as visit asks about it."""

from collections.abc import Sequence
from typing import Protocol


class UnitPaths(Protocol):
    """Knows what stands above a unit. Asked before a transaction begins: it may have to ask identity."""

    def path(self, unit_id: str) -> Sequence[str]:
        """Return the unit, its parent, and so on up to the root. Raises UnknownUnit, Unavailable."""
