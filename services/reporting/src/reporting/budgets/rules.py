"""How far a period has gone. Pure."""

from datetime import date


def elapsed_ratio(first: date, last: date, today: date) -> float:
    """Return the share of the days from `first` to `last` that have begun, today included; 0 to 1."""
    days = (last - first).days + 1
    begun = (today - first).days + 1
    return min(max(begun, 0), days) / days
