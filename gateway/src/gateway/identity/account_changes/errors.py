"""What the errors of account changes mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.account_changes import rules

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    rules.OwnAccountChange: ErrorKind(
        _S.PERMISSION_DENIED,
        "OWN_ACCOUNT_CHANGE",
        "Nobody changes their own account, nor decides what they have filed.",
        "不能变更自己的账号,也不能审批自己提交的申请。",
    ),
    rules.NotYourAccountChange: ErrorKind(
        _S.PERMISSION_DENIED,
        "NOT_YOUR_ACCOUNT_CHANGE",
        "Only who filed the account change takes it back.",
        "只有提交人可以撤回该账号变更申请。",
    ),
    rules.AccountChangeDecided: ErrorKind(
        _S.FAILED_PRECONDITION,
        "ACCOUNT_CHANGE_DECIDED",
        "The account change does not wait for that any more.",
        "该账号变更申请已处理。",
    ),
    rules.AccountChangeNotApproved: ErrorKind(
        _S.FAILED_PRECONDITION,
        "ACCOUNT_CHANGE_NOT_APPROVED",
        "Only an approved account change is carried out, and only once.",
        "只能实施已批准且尚未实施的账号变更。",
    ),
    rules.AccountChangePending: ErrorKind(
        _S.ALREADY_EXISTS,
        "ACCOUNT_CHANGE_PENDING",
        "A change of this kind waits for this person already.",
        "该人员已有同类账号变更申请待处理。",
    ),
    rules.AccountStateUnfit: ErrorKind(
        _S.FAILED_PRECONDITION,
        "ACCOUNT_STATE_UNFIT",
        "An account in this state cannot be changed like that: see whether it is active, frozen or closed.",
        "账号当前状态不允许此变更,请确认其为启用、冻结或停用。",
    ),
    rules.SuccessorNotFound: ErrorKind(
        _S.NOT_FOUND, "SUCCESSOR_NOT_FOUND", "There is no such successor.", "找不到该接手人。"
    ),
    rules.SuccessorInactive: ErrorKind(
        _S.FAILED_PRECONDITION,
        "SUCCESSOR_INACTIVE",
        "The successor's account is frozen or closed.",
        "接手人的账号已冻结或停用。",
    ),
}
