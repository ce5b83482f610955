"""Positions on the ground: Chinese datums to WGS84, and distances.

Phones in China give WGS84 or GCJ02 (the national offset of maps), Baidu's software BD09. Everything is
stored as WGS84. Latitudes and longitudes are degrees, distances metres.
"""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

_EARTH_RADIUS = 6_371_008.8
# The ellipsoid (Krasovsky 1940) on which GCJ02 computes its offset.
_SEMI_MAJOR_AXIS = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_ANGLE = math.radians(3000.0)
_CLOSE_ENOUGH = 1e-9  # degrees: a tenth of a millimetre
_ROUNDS = 30


class Datum(StrEnum):
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


class Position(NamedTuple):
    latitude: float
    longitude: float


_SOUTH_WEST = Position(0.8293, 72.004)
_NORTH_EAST = Position(55.8271, 137.8347)


def to_wgs84(position: Position, datum: Datum) -> Position:
    """`position`, given in `datum`, as WGS84, to less than half a metre."""
    match datum:
        case Datum.WGS84:
            return position
        case Datum.GCJ02:
            return _inverse(wgs84_to_gcj02, position)
        case Datum.BD09:
            return _inverse(wgs84_to_gcj02, _inverse(_gcj02_to_bd09, position))


def wgs84_to_gcj02(position: Position) -> Position:
    """The national offset; none outside China."""
    if not in_china(position):
        return position
    x, y = position.longitude - 105.0, position.latitude - 35.0
    latitude = math.radians(position.latitude)
    root = math.sqrt(1 - _ECCENTRICITY_SQUARED * math.sin(latitude) ** 2)
    metres_north, metres_east = _offset_north(x, y), _offset_east(x, y)
    meridian = _SEMI_MAJOR_AXIS * (1 - _ECCENTRICITY_SQUARED) / root**3
    parallel = _SEMI_MAJOR_AXIS / root * math.cos(latitude)
    return Position(
        position.latitude + math.degrees(metres_north / meridian),
        position.longitude + math.degrees(metres_east / parallel),
    )


def wgs84_to_bd09(position: Position) -> Position:
    return _gcj02_to_bd09(wgs84_to_gcj02(position))


def in_china(position: Position) -> bool:
    """Whether the position lies in the rectangle within which maps apply the national offset."""
    return (
        _SOUTH_WEST.latitude <= position.latitude <= _NORTH_EAST.latitude
        and _SOUTH_WEST.longitude <= position.longitude <= _NORTH_EAST.longitude
    )


def distance(one: Position, other: Position) -> float:
    """Metres along the great circle (haversine, exact to 0.5 %)."""
    latitude, other_latitude = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half_chord_squared = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(other_latitude) * math.sin(across / 2) ** 2
    )
    return 2 * _EARTH_RADIUS * math.asin(math.sqrt(min(1.0, half_chord_squared)))


def _inverse(forward: Callable[[Position], Position], target: Position) -> Position:
    """What `forward` maps to `target`, found by moving back by the miss; the offsets vary slowly."""
    found = target
    for _ in range(_ROUNDS):
        reached = forward(found)
        north, east = target.latitude - reached.latitude, target.longitude - reached.longitude
        found = Position(found.latitude + north, found.longitude + east)
        if abs(north) < _CLOSE_ENOUGH and abs(east) < _CLOSE_ENOUGH:
            break
    return found


def _gcj02_to_bd09(position: Position) -> Position:
    x, y = position.longitude, position.latitude
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _BAIDU_ANGLE)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _BAIDU_ANGLE)
    return Position(radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065)


def _offset_north(x: float, y: float) -> float:
    smooth = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return (
        smooth
        + _waves(6.0 * x, 20.0, 2.0 * x, 20.0)
        + _waves(y, 20.0, y / 3.0, 40.0)
        + _waves(y / 12.0, 160.0, y / 30.0, 320.0)
    )


def _offset_east(x: float, y: float) -> float:
    smooth = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return (
        smooth
        + _waves(6.0 * x, 20.0, 2.0 * x, 20.0)
        + _waves(x, 20.0, x / 3.0, 40.0)
        + _waves(x / 12.0, 150.0, x / 30.0, 300.0)
    )


def _waves(one: float, height: float, other: float, other_height: float) -> float:
    """Two sine waves, of angles in half turns, at two thirds of their heights."""
    return (height * math.sin(one * math.pi) + other_height * math.sin(other * math.pi)) * 2.0 / 3.0
