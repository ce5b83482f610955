"""The verified caller, the caller's grants, and the rows they reach."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, any_, false, literal, or_, true
from sqlalchemy.dialects.postgresql import ARRAY, UUID


class Scope(StrEnum):
    SELF = "SELF"
    UNIT = "UNIT"
    SUBTREE = "SUBTREE"
    ALL = "ALL"


class UnitTree(Protocol):
    """The organisation as the service knows it."""

    def subtree(self, unit_id: str) -> frozenset[str]:
        """Return the unit and every unit below it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One role assignment: permission patterns, the unit it is held in, and how far it reaches."""

    permissions: frozenset[str]
    unit_id: str
    scope: Scope

    def gives(self, permission: str) -> bool:
        """Tell whether a pattern (`customers.read`, `customers.*`, `*.read`, `*`) covers the permission."""
        resource, _, verb = permission.partition(".")
        return not self.permissions.isdisjoint((permission, f"{resource}.*", f"*.{verb}", "*"))


@dataclass(frozen=True, slots=True)
class RowScope:
    """The rows that one permission reaches: everything, or some units and the caller's own rows."""

    everything: bool
    unit_ids: frozenset[str]
    owner_id: str | None

    def covers(self, *, unit_id: str, owner_id: str | None) -> bool:
        """Tell whether a row is inside the scope; one that nobody owns is nobody's own."""
        own = self.owner_id is not None and owner_id == self.owner_id
        return self.everything or unit_id in self.unit_ids or own

    def clause(self, unit_id: ColumnElement[str], owner_id: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that keeps a query inside the scope; closed when nothing is granted.

        Rows that nobody owns are given as `null()`.
        """
        if self.everything:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.unit_ids:
            parts.append(_is_one_of(unit_id, sorted(self.unit_ids)))
        if self.owner_id:
            parts.append(owner_id == self.owner_id)
        return or_(*parts) if parts else false()

    def condition(self, unit_id: str, owner_id: str) -> tuple[str, list[object]]:
        """Return `clause` over columns of these names as SQL for raw psycopg, with its parameters."""
        if self.everything:
            return "true", []
        parts: list[tuple[str, object]] = []
        if self.unit_ids:
            parts.append((f"{unit_id} = ANY(%s::uuid[])", sorted(self.unit_ids)))
        if self.owner_id:
            parts.append((f"{owner_id} = %s::uuid", self.owner_id))
        sql = " OR ".join(part for part, _ in parts)
        return f"({sql})" if parts else "false", [value for _, value in parts]


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or a machine whose token has been verified.

    Attributes:
        device_id: the phone that is bound to the person and that they call from; empty: none.
        captured_until: the phone was replaced then (Unix seconds by the business clock): it hands in what it
            had captured, and nothing else. None: it was not.
        password_change_required: somebody else chose the person's password, so nothing is granted until they
            have changed it.
    """

    subject: str
    is_person: bool
    session_id: str
    unit_id: str
    grants: tuple[Grant, ...]
    issued_at: float
    expires_at: float
    device_id: str = ""
    captured_until: float | None = None
    password_change_required: bool = False

    def may(self, permission: str) -> bool:
        return any(grant.gives(permission) for grant in self.grants)

    def permissions(self) -> frozenset[str]:
        return frozenset().union(*(grant.permissions for grant in self.grants))

    def reach(self, permission: str, tree: UnitTree) -> RowScope:
        """Return the rows that the permission reaches, over all grants that give it."""
        grants = [grant for grant in self.grants if grant.gives(permission)]
        scopes = {grant.scope for grant in grants}
        own = self.subject if self.is_person and Scope.SELF in scopes else None
        return RowScope(Scope.ALL in scopes, frozenset(_units(grants, tree)), own)


def _is_one_of(unit_id: ColumnElement[str], units: Sequence[str]) -> ColumnElement[bool]:
    # PostgreSQL reads an index in a list's order for an equality, never for an array: a unit that has been
    # quiet for long would be searched for through everybody's newer rows.
    if len(units) == 1:
        return unit_id == units[0]
    return unit_id == any_(literal(units, ARRAY(UUID(as_uuid=False))))


def _units(grants: Iterable[Grant], tree: UnitTree) -> Iterable[str]:
    for grant in grants:
        if grant.scope is Scope.UNIT:
            yield grant.unit_id
        elif grant.scope is Scope.SUBTREE:
            yield from tree.subtree(grant.unit_id)
