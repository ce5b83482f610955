"""How columns fill fields, and what a row means. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chassis.imports.rules import demand_columns, filled_by

FIELDS = (
    "username",
    "display_name",
    "employee_no",
    "email",
    "phone",
    "kind",
    "unit_code",
    "role_code",
    "certified_date",
    "wechat_bound_date",
    "mobile_install_date",
)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A field and the column that fills it."""

    column: str
    field: str


class CellMissing(Exception):
    """A row lacks what a new account needs."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class UnitDiffers(Exception):
    """R147: an account is moved on file, not by an import."""


class AccountClosed(Exception):
    """R147: a closed account is opened again on file."""


class RowRepeated(Exception):
    """An earlier row of the file has the same login name or employee number."""


def demand_mapping(mappings: Iterable[ColumnMapping]) -> None:
    """Raise FieldFilledTwice or FieldNotFilled unless the columns can fill accounts."""
    filled_by(mappings, "username")


def mappings_for(header: Sequence[str], given: Sequence[ColumnMapping]) -> Sequence[ColumnMapping]:
    """Return the mappings, by the header's own names when none are given. Raises ColumnsMissing."""
    demand_columns(header, [mapping.column for mapping in given] or ["username"])
    return given or [ColumnMapping(column, column) for column in header if column in FIELDS]


def filled_fields(cells: Mapping[str, str], mappings: Iterable[ColumnMapping]) -> dict[str, str]:
    """Return the fields that a row fills. An empty cell fills nothing. Raises CellMissing without a name."""
    fields = {mapping.field: cells[mapping.column] for mapping in mappings if cells[mapping.column]}
    if "username" not in fields:
        raise CellMissing("username")
    return fields | {"username": fields["username"].lower()}


def demand_new(fields: Mapping[str, str]) -> None:
    """Raise CellMissing unless a row says enough for a new account."""
    for field in ("display_name", "unit_code"):
        if field not in fields:
            raise CellMissing(field)


def keys_of(fields: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return what no two rows of a file may share."""
    names = ("username", "employee_no")
    return {(name, fields[name].lower()) for name in names if fields.get(name)}
