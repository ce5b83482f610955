"""What only people do, whatever permissions a machine holds."""

from chassis.access.caller import Caller
from chassis.errors import PersonRequired


def demand_person(caller: Caller) -> None:
    """Raise PersonRequired for a machine."""
    if not caller.is_person:
        raise PersonRequired
