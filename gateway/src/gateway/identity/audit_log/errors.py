"""What the errors of the audit log mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.audit_log.export import ExportTooLong

ERRORS: ErrorTable = {
    ExportTooLong: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "EXPORT_TOO_LONG",
        "These are more entries than a sheet holds. Export a shorter time, or CSV.",
        "条目超过一个工作表的容量,请缩短时间范围或导出 CSV。",
    ),
}
