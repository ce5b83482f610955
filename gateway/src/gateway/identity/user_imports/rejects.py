"""Why a row is refused, in the words of its file: the column's name, not the field's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from chassis.errors import ErrorKind, ErrorTable, FieldProblem, InvalidFields, Language
from chassis.tabular.errors import RowError

from gateway.identity.user_imports import rules
from gateway.identity.user_imports.rules import ColumnMapping

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
# What is wrong with rows only, and so is no answer to a call.
_OF_ROWS: ErrorTable = {
    RowError: ErrorKind(
        grpc.StatusCode.INVALID_ARGUMENT,
        "ROW_UNREADABLE",
        "the row cannot be read: {reason}",
        "无法读取该行:{reason}",
    ),
    rules.CellMissing: ErrorKind(
        grpc.StatusCode.INVALID_ARGUMENT, "CELL_MISSING", "{field} must be there", "{field} 必填"
    ),
    rules.RowRepeated: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "ROW_REPEATED",
        "an earlier row has the same login name or number",
        "前面的行已有相同的登录名或工号",
    ),
    rules.UnitDiffers: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "UNIT_DIFFERS",
        "the account is in another unit: file an account change",
        "账号属于其他单元,请提交账号变更申请",
    ),
    rules.AccountClosed: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "ACCOUNT_CLOSED",
        "the account is closed: file its opening",
        "账号已停用,请提交开通申请",
    ),
}
# The field that an error of an account is about; others are about the whole row.
_FIELDS = {
    "USERNAME_TAKEN": "username",
    "EMPLOYEE_NO_TAKEN": "employee_no",
    "EMAIL_TAKEN": "email",
    "PHONE_TAKEN": "phone",
    "UNIT_NOT_FOUND": "unit_code",
    "ROLE_NOT_FOUND": "role_code",
    "ROLE_BEYOND_OWN": "role_code",
    "UNIT_CLOSED": "unit_code",
    "UNIT_DIFFERS": "unit_code",
}


@dataclass(frozen=True, slots=True)
class Reject:
    """One thing that is wrong with a row: a reason for programs, the column, and words for the caller."""

    reason: str
    column: str
    message: str


def rejects_of(
    error: Exception, mappings: Sequence[ColumnMapping], errors: ErrorTable, language: Language
) -> list[Reject]:
    """Return what is wrong with the row that raised `error`; raises it again when it is not the row's."""
    columns = {mapping.field: mapping.column for mapping in mappings}
    if isinstance(error, InvalidFields):
        return [_of_field(problem, columns, language) for problem in error.problems]
    kind = _OF_ROWS.get(type(error)) or errors.get(type(error))
    if kind is None:
        raise error
    return [_of_kind(kind, error, columns, language)]


def _of_field(problem: FieldProblem, columns: dict[str, str], language: Language) -> Reject:
    field = _CAPITAL.sub("_", problem.path.rpartition(".")[2]).lower()
    message = problem.chinese if language == "zh" else problem.english
    return Reject(problem.reason, columns.get(field, ""), message)


def _of_kind(kind: ErrorKind, error: Exception, columns: dict[str, str], language: Language) -> Reject:
    if isinstance(error, RowError):
        column = error.column or ""
    elif isinstance(error, rules.CellMissing):
        column = columns.get(error.field, error.field)
    else:
        column = columns.get(_FIELDS.get(kind.reason, ""), "")
    return Reject(kind.reason, column, kind.words(language, vars(error)))
