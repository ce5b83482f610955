"""Positions as requests carry them, and as they are kept: in WGS84."""

from typing import NamedTuple

from chassis.errors import FieldProblem, InvalidFields
from google.protobuf.message import Message
from journeyman.types.v1 import position_pb2

from chassis import geo

_DATUMS = {
    position_pb2.DATUM_UNSPECIFIED: geo.Datum.WGS84,
    position_pb2.DATUM_WGS84: geo.Datum.WGS84,
    position_pb2.DATUM_GCJ02: geo.Datum.GCJ02,
    position_pb2.DATUM_BD09: geo.Datum.BD09,
}


_POLE = 90.0
_DATE_LINE = 180.0
_SMALLEST, _LARGEST = 1e-6, 1e9  # what a column of four bytes holds with room to spare


class ImpossiblePosition(Exception):
    """The position is missing or is no place on earth."""


class Fix(NamedTuple):
    """A place in WGS84 degrees, with the radius of 68 % confidence in metres (0: unknown)."""

    latitude: float
    longitude: float
    accuracy_meters: float


def fix_of(message: position_pb2.Position) -> Fix:
    """Return the position in WGS84. Raises ImpossiblePosition."""
    datum = _DATUMS.get(message.datum)
    if datum is None or not message.HasField("location"):
        raise ImpossiblePosition
    location = message.location
    latitude, longitude = location.latitude, location.longitude
    _demand_on_earth(latitude, longitude)
    if datum is not geo.Datum.WGS84:
        latitude, longitude = geo.to_wgs84(geo.Position(latitude, longitude), datum)
        _demand_on_earth(latitude, longitude)
    return Fix(latitude, longitude, known(message.accuracy_meters))


def optional_fix(request: Message, field: str) -> Fix | None:
    """Return the position in a field of a request; None where it was left out. Raises InvalidFields."""
    if not request.HasField(field):
        return None
    try:
        return fix_of(getattr(request, field))
    except ImpossiblePosition:
        problem = FieldProblem(field, "IMPOSSIBLE_POSITION", "is no place on earth", "不是有效的地理位置")
        raise InvalidFields(problem) from None


def known(measure: float) -> float:
    """Return a measure of a phone; what it cannot have measured (-1, infinity, 1e300) is unknown: 0.

    One number that its column does not hold would refuse the whole batch.
    """
    return measure if _SMALLEST <= measure <= _LARGEST else 0.0


def fill(message: position_pb2.Position, fix: Fix) -> None:
    """Write a kept position into a message."""
    message.location.latitude = fix.latitude
    message.location.longitude = fix.longitude
    message.accuracy_meters = fix.accuracy_meters
    message.datum = position_pb2.DATUM_WGS84


def _demand_on_earth(latitude: float, longitude: float) -> None:
    # NaN fails both comparisons, as it must.
    if not (abs(latitude) <= _POLE and abs(longitude) <= _DATE_LINE):
        raise ImpossiblePosition
