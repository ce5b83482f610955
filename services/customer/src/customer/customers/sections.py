"""R159: a customer changes its section by the hand of who distributes over both."""

from collections.abc import Collection

from chassis.server.call import Call
from directory.tree import section_of

DISTRIBUTE = "customers.distribute"


class SectionLeft(Exception):
    """R159: what leaves its section is distributed by group marketing."""


def demand_distribution(call: Call, unit_id: str, to_unit_ids: Collection[str]) -> None:
    """Raise SectionLeft when a customer leaves its section and the caller does not distribute over both.

    Args:
        call: whose permission and connection are asked.
        unit_id: the customer's unit.
        to_unit_ids: its new unit and its new owner's.
    """
    section = section_of(call.connection, unit_id)
    others = [to for to in to_unit_ids if section_of(call.connection, to) != section]
    if others:
        reach = call.reach(DISTRIBUTE)
        if not all(reach.covers(unit_id=end, owner_id=None) for end in (unit_id, *others)):
            raise SectionLeft
