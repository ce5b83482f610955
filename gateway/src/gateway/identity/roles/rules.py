"""Who may give which role where."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

MAX_ASSIGNMENTS = 50
# Roles travel in the access token, and the token in a header: proxies refuse headers beyond 8 KiB.
MAX_GRANT_CHARACTERS = 5000
_ADMINISTRATION = frozenset({"accountChanges", "apiClients", "orgUnits", "roles", "users"})


class OwnRoles(Exception):
    """R147: nobody changes their own roles."""


class RoleBeyondOwn(Exception):
    """Nobody gives or takes a permission that they do not hold there themselves."""


class AccountBeyondOwn(Exception):
    """Nobody changes an account, or how its owner signs in, that is stronger than they are."""


class UnknownRole(Exception):
    """There is no role with the code."""


class RoleAlreadyHeld(Exception):
    """The person holds the role there already."""


class TooManyRoles(Exception):
    """The person's roles no longer fit into an access token."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Permission patterns that somebody holds, or is to be given, from a unit with a scope."""

    permissions: frozenset[str]
    unit_id: str
    scope: str


def demand_other_person(caller_id: str, user_id: str) -> None:
    """R147: raise OwnRoles when the two are one."""
    if caller_id == user_id:
        raise OwnRoles


def demand_held(given: Holding, own: Iterable[Holding], subtree: Callable[[str], frozenset[str]]) -> None:
    """Raise RoleBeyondOwn unless each permission is covered by one that is held with at least that reach."""
    reaching = [holding for holding in own if _reaches(holding, given, subtree)]
    held = frozenset[str]().union(*(holding.permissions for holding in reaching))
    if not all(covered(permission, held) for permission in given.permissions):
        raise RoleBeyondOwn


def demand_not_stronger(
    account: Iterable[Holding],
    own: Sequence[Holding],
    subtree: Callable[[str], frozenset[str]],
    *,
    right: str = "users.update",
) -> None:
    """Raise AccountBeyondOwn when `own` does not outweigh what the account holds.

    Args:
        account: what the account's roles permit.
        own: what the caller's roles permit.
        subtree: the units at and below a unit.
        right: what the caller does to the account.

    It does when that right reaches every row that the account does, and every right of
    administration of the account is held there too. What the account may do with customers or visits does not
    count: an administrator of accounts visits none, and yet disables those who do.
    """
    for holding in account:
        rights = frozenset(filter(administers, holding.permissions)) | {right}
        try:
            demand_held(replace(holding, permissions=rights), own, subtree)
        except RoleBeyondOwn:
            raise AccountBeyondOwn from None


def demand_room(holdings: Sequence[Holding]) -> None:
    """Raise TooManyRoles when the assignments make a token too long."""
    characters = sum(len(pattern) + 3 for holding in holdings for pattern in holding.permissions)
    if len(holdings) > MAX_ASSIGNMENTS or characters + 80 * len(holdings) > MAX_GRANT_CHARACTERS:
        raise TooManyRoles


def merged(holdings: Iterable[Holding]) -> list[Holding]:
    """Return one holding for each unit and scope."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for holding in holdings:
        place = (holding.unit_id, holding.scope)
        found[place] = found.get(place, frozenset()) | holding.permissions
    return [Holding(permissions, *place) for place, permissions in found.items()]


def _reaches(own: Holding, given: Holding, subtree: Callable[[str], frozenset[str]]) -> bool:
    """Tell whether `own` reaches every row that `given` does. A person's own rows lie in the unit."""
    match own.scope, given.scope:
        case "ALL", _:
            return True
        case "SUBTREE", "SUBTREE" | "UNIT" | "SELF":
            return given.unit_id in subtree(own.unit_id)
        case "UNIT", "UNIT" | "SELF":
            return given.unit_id == own.unit_id
        case _:
            return False


def administers(pattern: str) -> bool:
    """Tell whether the pattern gives a right to change accounts, roles, units or clients."""
    resource, _, verb = pattern.partition(".")
    return verb != "read" and (resource == "*" or resource in _ADMINISTRATION)


def covered(pattern: str, held: frozenset[str]) -> bool:
    """Tell whether whatever the pattern gives is given by a held pattern."""
    resource, _, verb = pattern.partition(".")
    return not held.isdisjoint({"*", pattern, f"{resource}.*", f"*.{verb}"} - {"*.*"})
