"""The parameters as a message."""

from collections.abc import Collection
from typing import Any

from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from journeyman.identity.v1 import parameters_pb2 as pb
from sqlalchemy import Row

from gateway.identity.parameters.rules import UnknownTimeZone, demand_time_zone
from gateway.identity.required import required

CHANGEABLE = frozenset({"date_format", "currency_symbol", "language", "time_zone"})
_FORMAT = "DATE_FORMAT_"
_LANGUAGE = "LANGUAGE_"


def values_of(given: pb.Parameters, fields: Collection[str]) -> dict[str, Any]:
    """Return the columns that these fields fill. Raises InvalidFields for what is empty or unknown."""
    empty = [field for field in sorted(fields) if not getattr(given, field)]
    if empty:
        names = given.DESCRIPTOR.fields_by_name
        raise InvalidFields(*[required(f"parameters.{names[field].json_name}") for field in empty])
    values: dict[str, Any] = {field: getattr(given, field) for field in fields}
    if "date_format" in fields:
        values["date_format"] = pb.Parameters.DateFormat.Name(given.date_format).removeprefix(_FORMAT)
    if "language" in fields:
        values["language"] = pb.Parameters.Language.Name(given.language).removeprefix(_LANGUAGE)
    if "time_zone" in fields:
        _demand_time_zone(given.time_zone)
    return values


def rendered(row: "Row[Any]") -> pb.Parameters:
    message = pb.Parameters(
        date_format=pb.Parameters.DateFormat.Value(_FORMAT + row.date_format),
        currency_symbol=row.currency_symbol,
        language=pb.Parameters.Language.Value(_LANGUAGE + row.language),
        time_zone=row.time_zone,
        etag=etag(row.version),
    )
    if row.updated_at is not None:
        message.update_time.FromDatetime(row.updated_at)
    return message


def _demand_time_zone(name: str) -> None:
    try:
        demand_time_zone(name)
    except UnknownTimeZone:
        problem = FieldProblem(
            "parameters.timeZone", "UNKNOWN_TIME_ZONE", "is no time zone that is known", "时区不存在"
        )
        raise InvalidFields(problem) from None
