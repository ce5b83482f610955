"""What a parameter can be. Pure."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class UnknownTimeZone(Exception):
    """There is no time zone of that name."""


def demand_time_zone(name: str) -> None:
    """Raise UnknownTimeZone unless there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the database is no file to read
        raise UnknownTimeZone from None
