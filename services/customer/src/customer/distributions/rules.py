"""What becomes of a request for customers to change their section (R159). Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

MOST_CUSTOMERS = 200


class State(StrEnum):
    FILED = "FILED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class Cause(StrEnum):
    """Why a distribution that nobody filed is there."""

    OWNER_MOVED = "OWNER_MOVED"
    HANDED_OVER = "HANDED_OVER"


class CustomerNotFound(Exception):
    """There is no such customer in the caller's scope."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(customer_id)
        self.customer_id = customer_id


class SectionsMixed(Exception):
    """The customers belong to more than one section: no section speaks for all of them."""


class DistributionClosed(Exception):
    """The distribution was decided or taken back."""


class NothingToDistribute(Exception):
    """Every customer of the distribution has changed hands since the filing."""


@dataclass(frozen=True, slots=True)
class Held:
    """A customer of a distribution, as it is when it is decided.

    Attributes:
        filed_owner_id: who owned it at the filing.
        section_id: the section that it is in now.
    """

    customer_id: str
    filed_owner_id: str
    owner_id: str
    section_id: str


def demand_one_section(section_ids: Collection[str]) -> str:
    """Return the section of all customers. Raises SectionsMixed."""
    found = set(section_ids)
    if len(found) != 1:
        raise SectionsMixed
    return found.pop()


def demand_filed(state: str) -> None:
    """Raise DistributionClosed unless it waits for a decision."""
    if state != State.FILED:
        raise DistributionClosed


def to_distribute(held: Collection[Held], section_id: str) -> list[str]:
    """Return the customers that still belong to the section and to whom they did at the filing.

    One that has changed hands since stays where it is: somebody decided about it. Raises NothingToDistribute.
    """
    ids = [
        one.customer_id for one in held if one.owner_id == one.filed_owner_id and one.section_id == section_id
    ]
    if not ids:
        raise NothingToDistribute
    return ids
