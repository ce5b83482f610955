"""Every service's local copy of the organisation: units and users, fed by identity's events."""

from directory.cache import Directory, UnitClosed, UnknownUnit, UnknownUser
from directory.feed import Followers, HandOver, Merge, Move, subscription

__all__ = [
    "Directory",
    "Followers",
    "HandOver",
    "Merge",
    "Move",
    "UnitClosed",
    "UnknownUnit",
    "UnknownUser",
    "subscription",
]
