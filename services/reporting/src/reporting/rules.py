"""Figures that every report shares. Pure."""


def ratio(part: int, whole: int) -> float:
    """Return part / whole; 0 when there is no whole."""
    return part / whole if whole else 0.0
