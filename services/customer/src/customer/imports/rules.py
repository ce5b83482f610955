"""How columns fill fields. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chassis.imports.rules import FieldNotFilled, filled_by

_DEGREES = re.compile(r"[+-]?[0-9]{1,3}([.][0-9]{0,20})?")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A field and the column that fills it; `values` translates what stands there, unless it is empty."""

    column: str
    field: str
    values: Mapping[str, str]


class ValueUnknown(Exception):
    """A mapping with values does not know the value of its column."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class NotDegrees(Exception):
    """A latitude or a longitude is not a number."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def demand_mapping(mappings: Iterable[ColumnMapping]) -> None:
    """Raise FieldFilledTwice or FieldNotFilled unless the columns can fill customers."""
    filled = filled_by(mappings, "name")
    for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if one in filled and other not in filled:
            raise FieldNotFilled(other)


def filled_fields(cells: Mapping[str, str], mappings: Iterable[ColumnMapping]) -> dict[str, str]:
    """Return the fields that a row fills. An empty cell fills nothing. Raises ValueUnknown."""
    fields = {}
    for mapping in mappings:
        cell = cells[mapping.column]
        if cell and mapping.values:
            if cell not in mapping.values:
                raise ValueUnknown(mapping.column)
            cell = mapping.values[cell]
        if cell:
            fields[mapping.field] = cell
    return fields


def place_of(fields: Mapping[str, str]) -> tuple[float, float] | None:
    """Return latitude and longitude of a row, or None. Raises NotDegrees, and FieldNotFilled for one half."""
    if "latitude" not in fields and "longitude" not in fields:
        return None
    return _degrees(fields, "latitude"), _degrees(fields, "longitude")


def _degrees(fields: Mapping[str, str], field: str) -> float:
    if field not in fields:
        raise FieldNotFilled(field)
    if not _DEGREES.fullmatch(fields[field]):
        raise NotDegrees(field)
    return float(fields[field])
