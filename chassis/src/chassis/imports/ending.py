"""How an import ends: its operation, and the result file that says what was refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Table

from chassis import operations
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import ErrorKind, ErrorTable, Language
from chassis.imports import rejects
from chassis.imports.rules import ColumnsMissing, ImporterMayNot
from chassis.tabular.errors import TableError
from chassis.uploads.tables import TableFiles

_HEADER = ("row", "reason", "column", "message")

ENDS = (TableError, ColumnsMissing, ImporterMayNot)
_Line = tuple[int | None, str, str, str]


class Accepted(Protocol):
    """An import that was asked for: its operation, where its result file goes, and what its caller reads."""

    @property
    def operation_id(self) -> str: ...

    @property
    def result_key(self) -> str: ...

    @property
    def language(self) -> Language: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Ends the imports of a service.

    Attributes:
        rejects: the table of what was refused.
        errors: the words for what ends an import early.
    """

    database: Database
    clock: Clock
    files: TableFiles
    errors: ErrorTable
    rejects: Table

    def succeed(self, plan: Accepted) -> None:
        self._write_result(plan, [])
        with self.database.begin() as connection:
            operations.succeed(connection, plan.operation_id, self.clock.now(), plan.result_key)

    def fail(self, plan: Accepted, error: TableError | ColumnsMissing | ImporterMayNot) -> None:
        kind = self.errors[type(error)]
        self._write_result(plan, _told(error, kind, plan.language))
        with self.database.begin() as connection:
            operations.fail(connection, plan.operation_id, kind.reason, self.clock.now(), plan.result_key)

    def give_up(self, operation_id: str) -> None:
        with self.database.begin() as connection:
            operations.fail(connection, operation_id, "INTERNAL", self.clock.now())

    def _write_result(self, plan: Accepted, more: Sequence[_Line]) -> None:
        with self.database.reading() as connection:
            refused = list(rejects.in_order(connection, self.rejects, plan.operation_id))
        self.files.write_table(plan.result_key, _HEADER, [*refused, *more])


def _told(
    error: TableError | ColumnsMissing | ImporterMayNot, kind: ErrorKind, language: Language
) -> Sequence[_Line]:
    """Return the lines of the result file that say why an import ended."""
    match error:
        case TableError():
            return [(error.row, kind.reason, error.column or "", error.reason)]
        case ImporterMayNot():
            return [(error.row, kind.reason, "", kind.words(language, {}))]
        case ColumnsMissing():
            return [(1, kind.reason, column, "") for column in error.columns]
