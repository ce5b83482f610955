"""Every service's local copy of the organisation: units and users, fed by identity's events."""

from directory.cache import Directory, UnknownUnit, UnknownUser
from directory.feed import Move, subscription

__all__ = ["Directory", "Move", "UnknownUnit", "UnknownUser", "subscription"]
