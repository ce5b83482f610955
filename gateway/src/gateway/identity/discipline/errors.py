"""What the errors of discipline mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.discipline.rules import AccountBarred

ERRORS: ErrorTable = {
    AccountBarred: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "ACCOUNT_BARRED",
        "A disciplinary action keeps this account out. Have the action ended or withdrawn first.",
        "该账号因纪律处分被禁用,请先结束或撤销处分。",
    ),
}
