"""Why rows are refused, in the words of their file: the column's name, not the field's."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, insert, select

from chassis.errors import InvalidFields, Language
from chassis.imports import rules
from chassis.tabular.errors import RowError

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Reject:
    """One thing that is wrong with a row: a reason for programs, the column, and words for the caller."""

    reason: str
    column: str
    message: str


def columns_of(mappings: Iterable[rules.Mapping]) -> dict[str, str]:
    """Return the column that fills each field."""
    return {mapping.field: mapping.column for mapping in mappings}


def of_row(error: RowError, language: Language) -> Reject:
    """Return that a row cannot be read, and why."""
    words = "无法读取该行:" if language == "zh" else "the row cannot be read: "
    return Reject("ROW_UNREADABLE", error.column or "", words + error.reason)


def of_fields(error: InvalidFields, columns: Mapping[str, str], language: Language) -> list[Reject]:
    """Return what is wrong with fields as what is wrong with the columns that fill them."""
    return [
        Reject(
            problem.reason,
            columns.get(_CAPITAL.sub("_", problem.path.rpartition(".")[2]).lower(), ""),
            problem.chinese if language == "zh" else problem.english,
        )
        for problem in error.problems
    ]


def add(
    connection: Connection, table: Table, operation_id: str, refused: Mapping[int, Sequence[Reject]]
) -> None:
    """Remember what was wrong with which rows."""
    rows = [
        {
            "operation_id": operation_id,
            "row_number": number,
            "problem": problem,
            "reason": reject.reason,
            "column_name": reject.column,
            "message": reject.message,
        }
        for number, found in refused.items()
        for problem, reject in enumerate(found)
    ]
    if rows:
        connection.execute(insert(table), rows)


def in_order(connection: Connection, table: Table, operation_id: str) -> Iterator[tuple[int, str, str, str]]:
    """Return row, reason, column and message of everything that was refused, by row."""
    columns = table.c
    query = (
        select(columns.row_number, columns.reason, columns.column_name, columns.message)
        .where(columns.operation_id == operation_id)
        .order_by(columns.row_number, columns.problem)
    )
    return (tuple(row) for row in connection.execute(query))
