"""What the errors of authenticators mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.totp.rules import TotpEnabledAlready, TotpNotEnrolled

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    TotpNotEnrolled: ErrorKind(
        _S.FAILED_PRECONDITION,
        "TOTP_NOT_ENROLLED",
        "There is no authenticator to confirm or to remove.",
        "没有可确认或可移除的身份验证器。",
    ),
    TotpEnabledAlready: ErrorKind(
        _S.FAILED_PRECONDITION,
        "TOTP_ENABLED_ALREADY",
        "An authenticator is in use already. Remove it first.",
        "已启用身份验证器,请先移除。",
    ),
}
