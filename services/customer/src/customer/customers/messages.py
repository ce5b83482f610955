"""Customers between the contract's messages and the columns of the table."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from google.protobuf.timestamp_pb2 import Timestamp
from journeyman.customer.v1 import customers_pb2
from journeyman.types.v1 import position_pb2

from chassis import geo
from customer.customers import rules
from customer.customers.tables import COLUMNS, Values

MUTABLE = frozenset(
    {
        "name",
        "code",
        "channel_type",
        "category",
        "contact_name",
        "phone",
        "address",
        "division_code",
        "position",
        "state",
        "unit_id",
        "owner_id",
    }
)
_AS_GIVEN = MUTABLE - {"name", "channel_type", "position", "state", "unit_id", "owner_id"}
_NO_PLACE: Values = {"latitude": None, "longitude": None, "accuracy_meters": None}
_DATUMS = {
    position_pb2.DATUM_UNSPECIFIED: geo.Datum.WGS84,
    position_pb2.DATUM_WGS84: geo.Datum.WGS84,
    position_pb2.DATUM_GCJ02: geo.Datum.GCJ02,
    position_pb2.DATUM_BD09: geo.Datum.BD09,
}
_IMPOSSIBLE = {
    "latitude": ("location.latitude", "must lie between -90 and 90 degrees", "应在 -90 到 90 度之间"),
    "longitude": ("location.longitude", "must lie between -180 and 180 degrees", "应在 -180 到 180 度之间"),
    "accuracy_meters": ("accuracyMeters", "must not be negative", "不能为负数"),
}
_MICROSECONDS = 1_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def values_of(customer: customers_pb2.Customer, fields: Collection[str] = MUTABLE) -> Values:
    """Return the columns that `fields` of the message fill; owner and unit are not among them.

    Raises InvalidFields for a missing name and an impossible position.
    """
    values: Values = {field: getattr(customer, field) for field in _AS_GIVEN.intersection(fields)}
    if "name" in fields:
        values["name"] = _name(customer.name)
    if "channel_type" in fields:
        values["channel_type"] = rules.channel_type(customer.channel_type)
    if "position" in fields:
        values |= _place(customer.position) if customer.HasField("position") else _NO_PLACE
    if "state" in fields and customer.state:
        values["state"] = customers_pb2.Customer.State.Name(customer.state).removeprefix("STATE_")
    return values


def _name(name: str) -> str:
    try:
        return rules.named(name)
    except rules.NameMissing:
        raise InvalidFields(
            FieldProblem("customer.name", "NAME_MISSING", "must not be empty", "不能为空")
        ) from None


def _place(position: position_pb2.Position) -> Values:
    datum = _DATUMS.get(position.datum)
    if datum is None:
        problem = ("DATUM_UNKNOWN", "is not a datum we know", "坐标系不正确")
        raise InvalidFields(FieldProblem("customer.position.datum", *problem))
    if not position.HasField("location"):
        problem = ("POSITION_INCOMPLETE", "a position has a location", "请填写经纬度")
        raise InvalidFields(FieldProblem("customer.position.location", *problem))
    given = geo.Position(position.location.latitude, position.location.longitude)
    try:
        rules.demand_place(*given, position.accuracy_meters)
    except rules.PositionImpossible as error:
        path, english, chinese = _IMPOSSIBLE[error.part]
        problem = ("POSITION_IMPOSSIBLE", english, chinese)
        raise InvalidFields(FieldProblem(f"customer.position.{path}", *problem)) from None
    latitude, longitude = geo.to_wgs84(given, datum)
    return {
        "latitude": latitude,
        "longitude": longitude,
        "accuracy_meters": position.accuracy_meters,
    }


def rendered(row: Mapping[str, Any]) -> customers_pb2.Customer:
    """Return the message of a row."""
    customer = customers_pb2.Customer()
    fill(customer, tuple(row[column] for column in COLUMNS))
    return customer


def fill(customer: customers_pb2.Customer, row: tuple[Any, ...]) -> None:
    """Fill the message from the row's `COLUMNS` by attribute, which costs a fifth of keyword arguments."""
    (
        customer.id,
        customer.name,
        customer.code,
        customer.channel_type,
        customer.category,
        customer.contact_name,
        customer.phone,
        customer.address,
        customer.division_code,
        latitude,
        longitude,
        accuracy_meters,
        customer.unit_id,
        customer.owner_id,
        state,
        version,
        created_at,
        updated_at,
    ) = row
    if latitude is not None:
        position = customer.position
        position.location.latitude = latitude
        position.location.longitude = longitude
        position.accuracy_meters = accuracy_meters
        position.datum = position_pb2.DATUM_WGS84
    customer.state = _STATES[state]
    customer.etag = etag(version)
    _set(customer.create_time, created_at)
    _set(customer.update_time, updated_at)


_STATES = {
    rules.State.ACTIVE.value: customers_pb2.Customer.STATE_ACTIVE,
    rules.State.ARCHIVED.value: customers_pb2.Customer.STATE_ARCHIVED,
}


def _set(timestamp: Timestamp, at: int | datetime) -> None:
    """Fill the timestamp. The hot reads select microseconds since 1970."""
    microseconds = at if isinstance(at, int) else (at - _EPOCH) // _MICROSECOND
    timestamp.seconds, rest = divmod(microseconds, _MICROSECONDS)
    timestamp.nanos = rest * 1000
