"""Nobody gets more power by an account change than its superior may give. The rules are those of roles."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from gateway.identity.account_changes.rules import Kind
from gateway.identity.roles import store as roles
from gateway.identity.roles.builtin import GIVEN_BY_SUPERIORS, ROLES
from gateway.identity.roles.rules import (
    Holding,
    UnknownRole,
    covered,
    demand_held,
    demand_not_stronger,
    demand_room,
    merged,
)

DECIDE = "accountChanges.decide"
Subtree = Callable[[str], frozenset[str]]


@dataclass(frozen=True, order=True, slots=True)
class Grant:
    """A role that somebody holds or is to hold."""

    role_code: str
    unit_id: str
    scope: str

    @property
    def holding(self) -> Holding:
        """What it permits. Raises UnknownRole."""
        if self.role_code not in ROLES:
            raise UnknownRole
        return Holding(ROLES[self.role_code].permissions, self.unit_id, self.scope)


def held_by(connection: Connection, user_id: str) -> list[Grant]:
    """Return the roles that the person holds now, oldest first."""
    rows = roles.assignments_of(connection, user_id)
    return [Grant(row.role_code, row.unit_id, row.scope) for row in rows]


def superior(holdings: Iterable[Holding]) -> Iterator[Holding]:
    """Return what somebody may give: what they hold and, where they decide, what every superior gives.

    A superior answers for people whose work they do not do themselves; duties over money, and those of other
    administrators, are given by those only who have them.
    """
    for holding in holdings:
        yield holding
        if covered(DECIDE, holding.permissions):
            yield Holding(GIVEN_BY_SUPERIORS, holding.unit_id, holding.scope)


def demand_allowed(
    connection: Connection, change: "Row[Any]", own: Sequence[Holding], subtree: Subtree
) -> None:
    """Raise RoleBeyondOwn, AccountBeyondOwn, UnknownRole or TooManyRoles unless `own` may decide this."""
    giving = list(superior(own))
    held = held_by(connection, change.user_id) if change.user_id else []
    if held:
        demand_not_stronger(_permitted(held), giving, subtree, right=DECIDE)
    if change.kind in (Kind.OPEN, Kind.CHANGE) and change.roles:
        wanted = {Grant(**role) for role in change.roles}
        demand_room(merged(grant.holding for grant in wanted))
        for grant in sorted(wanted - set(held)):
            demand_held(grant.holding, giving, subtree)
        for holding in _permitted(sorted(set(held) - wanted)):
            demand_held(holding, giving, subtree)


def _permitted(grants: Iterable[Grant]) -> list[Holding]:
    """Return what the roles permit; one that this version no longer knows permits nothing."""
    return [grant.holding for grant in grants if grant.role_code in ROLES]
