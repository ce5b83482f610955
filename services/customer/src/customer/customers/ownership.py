"""Whose a customer is: its owner and its unit, within the reach of who says so."""

from dataclasses import dataclass, replace
from typing import Protocol

from chassis.access import RowScope
from chassis.errors import FieldProblem, InvalidFields
from chassis.server.call import Call
from directory.cache import Member

from directory import UnknownUnit, UnknownUser


class Organisation(Protocol):
    """Units and users as the directory knows them."""

    def demand_unit(self, unit_id: str) -> None:
        """Raise UnknownUnit unless the unit exists, UnitClosed for one that was merged into another."""

    def demand_open(self, unit_id: str) -> None:
        """Raise UnitClosed for a unit that was merged into another."""

    def member(self, user_id: str) -> Member:
        """Return the unit of a user, and whether the account is active. Raises UnknownUser."""

    def newest_member(self, user_id: str) -> Member:
        """Return the same as it is now, from identity. Raises UnknownUser."""


@dataclass(frozen=True, slots=True)
class Assigner:
    """Who gives customers to people and units, and how far that reaches.

    Attributes:
        subject: the caller; empty for a machine, which owns no customers.
        unit_id: the caller's unit.
        scope: the rows that the caller may write.
    """

    subject: str
    unit_id: str
    scope: RowScope

    @classmethod
    def of(cls, call: Call) -> "Assigner":
        caller = call.caller
        return cls(caller.subject if caller.is_person else "", caller.unit_id, call.scope)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose a customer is to be.

    Attributes:
        owner_unit_id: the owner's unit, as the local copy has it, or identity where `is_news`.
    """

    owner_id: str
    unit_id: str
    owner_unit_id: str
    is_news: bool
    owner_is_active: bool

    def demand_active(self) -> None:
        """Raise UnknownUser for an owner who cannot look after customers: frozen, or gone."""
        if not self.owner_is_active:
            raise UnknownUser


def assign(organisation: Organisation, assigner: Assigner, owner_id: str, unit_id: str) -> Ownership:
    """Return owner and unit of a customer that gets its owner now. Raises what `ownership_of` raises."""
    ownership = ownership_of(organisation, assigner, owner_id, unit_id)
    ownership.demand_active()
    return ownership


def ownership_of(organisation: Organisation, assigner: Assigner, owner_id: str, unit_id: str) -> Ownership:
    """Return owner and unit of a customer. Without an owner it is the assigner's, without a unit the owner's.

    Raises UnknownUser and UnknownUnit for what does not exist or lies outside the assigner's reach,
    UnitClosed for a unit that was merged, InvalidFields when there is nobody who could own it.
    """
    owner = owner_id or assigner.subject
    if not owner:
        raise InvalidFields(OWNER_MISSING)
    member, is_news = _member(organisation, assigner, owner)
    owner_unit = member.unit_id
    unit = unit_id or owner_unit
    # An own customer lies within SELF reach in the own unit only, else it could be put into any unit.
    if not assigner.scope.covers(unit_id=unit, owner_id=owner if unit == owner_unit else ""):
        raise UnknownUnit
    if unit != owner_unit:
        organisation.demand_unit(unit)
    organisation.demand_open(unit)
    return Ownership(owner, unit, owner_unit, is_news, member.active)


def followed(ownership: Ownership, assigner: Assigner, unit_id: str | None) -> Ownership:
    """Return the ownership with the owner in the unit that the copy names now, None when it knows nobody.

    What identity told is newer than the copy. Raises UnknownUser for an owner who left the assigner's reach.
    """
    if unit_id in (None, ownership.owner_unit_id) or ownership.is_news:
        return ownership
    if not assigner.scope.covers(unit_id=unit_id, owner_id=ownership.owner_id):
        raise UnknownUser
    goes_along = ownership.unit_id == ownership.owner_unit_id
    unit = unit_id if goes_along else ownership.unit_id
    return replace(ownership, unit_id=unit, owner_unit_id=unit_id)


OWNER_MISSING = FieldProblem("customer.ownerId", "OWNER_MISSING", "name an owner", "请指定负责人")


def _member(organisation: Organisation, assigner: Assigner, owner_id: str) -> tuple[Member, bool]:
    """Return the owner, and whether the copy has yet to hear of the owner's unit."""
    if owner_id == assigner.subject:
        return Member(assigner.unit_id, active=True), False
    heard = organisation.member(owner_id)
    if heard.active and _covers(assigner, heard, owner_id):
        return heard, False
    newest = organisation.newest_member(owner_id)
    if not _covers(assigner, newest, owner_id):
        raise UnknownUser
    return newest, newest.unit_id != heard.unit_id


def _covers(assigner: Assigner, member: Member, owner_id: str) -> bool:
    return assigner.scope.covers(unit_id=member.unit_id, owner_id=owner_id)
