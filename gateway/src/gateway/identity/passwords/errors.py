"""What the errors of passwords mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.passwords.rules import OwnAccount, ResetLinkEnded

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    OwnAccount: ErrorKind(
        _S.PERMISSION_DENIED,
        "OWN_ACCOUNT",
        "Nobody does this to their own account.",
        "不能对自己的账号执行此操作。",
    ),
    ResetLinkEnded: ErrorKind(
        _S.UNAUTHENTICATED,
        "RESET_LINK_ENDED",
        "The link was used, has expired, or a newer one was sent. Ask for a new one.",
        "链接已使用、已过期或已被新链接取代,请重新申请。",
    ),
}
