"""Organisations for tests."""

from collections.abc import Mapping


class OneUnitEach:
    """An organisation without branches: the subtree of a unit is the unit."""

    def subtree(self, unit_id: str) -> frozenset[str]:
        return frozenset({unit_id})


class Tree:
    """An organisation from a mapping of unit to parent (None for the root)."""

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self._parents = parents

    def subtree(self, unit_id: str) -> frozenset[str]:
        return frozenset(unit for unit in {*self._parents, unit_id} if unit_id in self.path(unit))

    def path(self, unit_id: str) -> list[str]:
        """Return the unit, its parent, and so on up to the root."""
        path = [unit_id]
        while (parent := self._parents.get(path[-1])) is not None:
            path.append(parent)
        return path
