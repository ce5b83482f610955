"""How columns fill fields, and what ends an import. Pure."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class Mapping(Protocol):
    """A field and the column that fills it."""

    @property
    def column(self) -> str: ...

    @property
    def field(self) -> str: ...


class UploadIncomplete(Exception):
    """The file has not arrived in full."""


class FieldFilledTwice(Exception):
    """Two columns fill one field."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class FieldNotFilled(Exception):
    """No column fills a field that must be filled."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class ColumnsMissing(Exception):
    """The file lacks columns."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(", ".join(columns))
        self.columns = columns


class ImporterMayNot(Exception):
    """Who imports may no longer do so. `row` is the first that was left."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


def filled_by(mappings: Iterable[Mapping], needed: str) -> set[str]:
    """Return the fields that columns fill.

    Raises FieldFilledTwice, and FieldNotFilled when `needed` is not among them.
    """
    filled: set[str] = set()
    for mapping in mappings:
        if mapping.field in filled:
            raise FieldFilledTwice(mapping.field)
        filled.add(mapping.field)
    if needed not in filled:
        raise FieldNotFilled(needed)
    return filled


def demand_columns(header: Sequence[str], columns: Iterable[str]) -> None:
    """Raise ColumnsMissing, with each of them once, unless the file has every column."""
    missing = [column for column in dict.fromkeys(columns) if column not in header]
    if missing:
        raise ColumnsMissing(missing)
