"""Every service's local copy of the organisation: units and users, fed by identity's events."""

from directory.cache import Directory, UnknownUnit, UnknownUser
from directory.feed import subscription
from directory.tables import create_directory_tables

__all__ = ["Directory", "UnknownUnit", "UnknownUser", "create_directory_tables", "subscription"]
