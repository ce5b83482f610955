"""Why a row is refused that is no account."""

from collections.abc import Sequence

import grpc
from chassis.errors import ErrorKind, ErrorTable, InvalidFields, Language
from chassis.imports import rejects
from chassis.imports.rejects import Reject
from chassis.tabular.errors import RowError

from gateway.identity.user_imports import rules
from gateway.identity.user_imports.rules import ColumnMapping

# What is wrong with rows only, and so is no answer to a call.
_OF_ROWS: ErrorTable = {
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


def rejects_of(
    error: Exception, mappings: Sequence[ColumnMapping], errors: ErrorTable, language: Language
) -> list[Reject]:
    """Return what is wrong with the row that raised `error`; raises it again when it is not the row's."""
    columns = rejects.columns_of(mappings)
    if isinstance(error, InvalidFields):
        return rejects.of_fields(error, columns, language)
    if isinstance(error, RowError):
        return [rejects.of_row(error, language)]
    kind = _OF_ROWS.get(type(error)) or errors.get(type(error))
    if kind is None:
        raise error
    return [_of_kind(kind, error, columns, language)]


def _of_kind(kind: ErrorKind, error: Exception, columns: dict[str, str], language: Language) -> Reject:
    if isinstance(error, rules.CellMissing):
        column = columns.get(error.field, error.field)
    else:
        column = columns.get(_FIELDS.get(kind.reason, ""), "")
    return Reject(kind.reason, column, kind.words(language, vars(error)))
