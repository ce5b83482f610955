"""What the errors of imports mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable
from chassis.tabular.errors import TableError

from gateway.identity.user_imports.rules import ColumnsMissing, ImporterMayNot


class UploadIncomplete(Exception):
    """The file has not arrived in full."""


ERRORS: ErrorTable = {
    UploadIncomplete: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "UPLOAD_INCOMPLETE",
        "The file has not been uploaded in full. Send the rest to the link, then try again.",
        "文件尚未完整上传,请先传完再导入。",
    ),
    ColumnsMissing: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "IMPORT_COLUMN_MISSING",
        "The file lacks a column that the mapping names. The result file says which.",
        "文件缺少列映射中的列,详见结果文件。",
    ),
    ImporterMayNot: ErrorKind(
        grpc.StatusCode.PERMISSION_DENIED,
        "IMPORTER_MAY_NOT",
        "Who started the import may no longer import. The result file says from which row on it stopped.",
        "发起人已无导入权限,导入已中止;结果文件列出自哪一行起未导入。",
    ),
    TableError: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "IMPORT_FILE_UNREADABLE",
        "The file cannot be read as a table. The result file says why.",
        "文件无法按表格读取,详见结果文件。",
    ),
}
