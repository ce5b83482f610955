"""What the errors of corrections mean to a caller."""

import grpc

from chassis.corrections.rules import (
    CorrectionDecided,
    CorrectionPending,
    NotCorrectable,
    OwnCorrection,
    RecordChanged,
)
from chassis.errors import ErrorKind, ErrorTable

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    NotCorrectable: ErrorKind(
        _S.FAILED_PRECONDITION,
        "NOT_CORRECTABLE",
        "The record is still free to change. Change it without a correction.",
        "该记录尚未提交,可直接修改,无需申请更正。",
    ),
    CorrectionPending: ErrorKind(
        _S.ALREADY_EXISTS,
        "CORRECTION_PENDING",
        "Another correction of this record waits for its decision.",
        "该记录已有待审批的更正。",
    ),
    CorrectionDecided: ErrorKind(
        _S.FAILED_PRECONDITION,
        "CORRECTION_DECIDED",
        "The correction was decided or taken back before.",
        "该更正已被处理或撤回。",
    ),
    OwnCorrection: ErrorKind(
        _S.PERMISSION_DENIED,
        "OWN_CORRECTION",
        "A superior decides a correction, not who filed it, nor whose record it is or was then.",
        "更正须由上级审批,提交人、提交时及当前的记录所属人均不能审批。",
    ),
    RecordChanged: ErrorKind(
        _S.ABORTED,
        "RECORD_CHANGED",
        "The record has changed since the correction was filed. Reject it and have a new one filed.",
        "提交更正后记录已发生变化,请驳回并重新提交。",
    ),
}
