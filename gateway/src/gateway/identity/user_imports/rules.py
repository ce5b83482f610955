"""How columns fill fields, and what a row means. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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


class FieldFilledTwice(Exception):
    """Two columns fill one field."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class FieldNotFilled(Exception):
    """No column fills the login name, which every account has."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class ColumnsMissing(Exception):
    """The file lacks columns."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(", ".join(columns))
        self.columns = columns


class ImporterMayNot(Exception):
    """Who imports may no longer do so: the account is closed, or the role is gone."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


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
    filled: set[str] = set()
    for mapping in mappings:
        if mapping.field in filled:
            raise FieldFilledTwice(mapping.field)
        filled.add(mapping.field)
    if "username" not in filled:
        raise FieldNotFilled("username")


def mappings_for(header: Sequence[str], given: Sequence[ColumnMapping]) -> Sequence[ColumnMapping]:
    """Return the mappings, by the header's own names when none are given. Raises ColumnsMissing."""
    mappings = given or [ColumnMapping(column, column) for column in header if column in FIELDS]
    wanted = [mapping.column for mapping in mappings] if given else ["username"]
    missing = [column for column in dict.fromkeys(wanted) if column not in header]
    if missing:
        raise ColumnsMissing(missing)
    return mappings


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
