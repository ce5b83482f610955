"""What holds for a customer. Pure."""

import hashlib
import math
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_CHANNEL_TYPE = "dealer"
_SAME_PLACE_DIGITS = 6  # of a degree: a tenth of a metre


class State(StrEnum):
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class NameMissing(Exception):
    """A customer has a name."""


class PositionImpossible(Exception):
    """Not a place on Earth. `part` is the part of the position that is wrong."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True, slots=True)
class Place:
    """A position in degrees (WGS84) and the radius in metres in which the true place lies; 0: unknown."""

    latitude: float
    longitude: float
    accuracy_meters: float = 0.0


def named(name: str) -> str:
    """Return the name without the blanks around it. Raises NameMissing when nothing is left."""
    stripped = name.strip()
    if not stripped:
        raise NameMissing
    return stripped


def channel_type(given: str) -> str:
    """Return the channel type of a customer. R025: without another it is `dealer`."""
    return given or DEFAULT_CHANNEL_TYPE


def demand_place(latitude: float, longitude: float, accuracy_meters: float) -> None:
    """Raise PositionImpossible unless the numbers can be a place on Earth, in whatever datum."""
    limits = {"latitude": (latitude, 90.0), "longitude": (longitude, 180.0)}
    for part, (degrees, limit) in limits.items():
        if not -limit <= degrees <= limit:
            raise PositionImpossible(part)
    if not 0 <= accuracy_meters < math.inf:
        raise PositionImpossible("accuracy_meters")


def fingerprint(name_key: str, address_key: str, place: Place | None) -> bytes:
    """Return what two records of one shop have in common: name, address and place, as they are compared."""
    where = f"{_rounded(place.latitude)},{_rounded(place.longitude)}" if place else ""
    return hashlib.sha256(f"{name_key}\0{address_key}\0{where}".encode()).digest()[:16]


def _rounded(degrees: float) -> str:
    return f"{round(degrees, _SAME_PLACE_DIGITS) + 0.0:.{_SAME_PLACE_DIGITS}f}"
