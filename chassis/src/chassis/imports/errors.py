"""What the errors of imports mean to a caller."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from chassis.errors import ErrorKind, ErrorTable, FieldProblem, InvalidFields
from chassis.imports import rules
from chassis.tabular.errors import TableError

_UNUSABLE = grpc.StatusCode.FAILED_PRECONDITION

ERRORS: ErrorTable = {
    rules.UploadIncomplete: ErrorKind(
        _UNUSABLE,
        "UPLOAD_INCOMPLETE",
        "The file has not been uploaded in full. Send the rest to the link, then try again.",
        "文件尚未完整上传,请先传完再导入。",
    ),
    rules.ColumnsMissing: ErrorKind(
        _UNUSABLE,
        "IMPORT_COLUMN_MISSING",
        "The file lacks a column that the mapping names. The result file says which.",
        "文件缺少列映射中的列,详见结果文件。",
    ),
    TableError: ErrorKind(
        _UNUSABLE,
        "IMPORT_FILE_UNREADABLE",
        "The file cannot be read as a table. The result file says why.",
        "文件无法按表格读取,详见结果文件。",
    ),
    rules.ImporterMayNot: ErrorKind(
        grpc.StatusCode.PERMISSION_DENIED,
        "IMPORTER_MAY_NOT",
        "Who started the import may no longer import. The result file says from which row on it stopped.",
        "发起人已无导入权限,导入已中止;结果文件列出自哪一行起未导入。",
    ),
}


@contextmanager
def naming_columns() -> Iterator[None]:
    """Make InvalidFields that names `columns` of FieldFilledTwice and FieldNotFilled."""
    try:
        yield
    except rules.FieldFilledTwice as error:
        words = f"two columns fill {error.field}", f"有两列同时对应字段 {error.field}"
        raise InvalidFields(FieldProblem("columns", "FIELD_FILLED_TWICE", *words)) from None
    except rules.FieldNotFilled as error:
        words = f"no column fills {error.field}", f"没有列对应字段 {error.field}"
        raise InvalidFields(FieldProblem("columns", "FIELD_NOT_FILLED", *words)) from None
