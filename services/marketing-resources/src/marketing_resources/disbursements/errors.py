"""What the refusals of confirmations mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from marketing_resources.disbursements.rules import AmountDiffers, DisbursementPaid, ExternalIdUsed

_S = grpc.StatusCode
ERRORS: ErrorTable = {
    ExternalIdUsed: ErrorKind(
        _S.ALREADY_EXISTS,
        "EXTERNAL_ID_USED",
        "You have confirmed another payment under this external id.",
        "此外部编号已用于另一笔付款确认。",
    ),
    DisbursementPaid: ErrorKind(
        _S.FAILED_PRECONDITION,
        "DISBURSEMENT_PAID",
        "The disbursement has been paid under another external id.",
        "该笔下拨已由另一笔付款完成。",
    ),
    AmountDiffers: ErrorKind(
        _S.INVALID_ARGUMENT,
        "AMOUNT_DIFFERS",
        "The payment is {paid}, but {due} is due.",
        "付款金额为 {paid},应付金额为 {due}。",
    ),
}
