"""What the errors of accounts mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.users.rules import EmailTaken, EmployeeNoTaken, PhoneTaken, UsernameTaken

_TAKEN = grpc.StatusCode.ALREADY_EXISTS

ERRORS: ErrorTable = {
    UsernameTaken: ErrorKind(
        _TAKEN,
        "USERNAME_TAKEN",
        "Another account has the login name {username}.",
        "登录名 {username} 已被使用。",
    ),
    EmployeeNoTaken: ErrorKind(
        _TAKEN,
        "EMPLOYEE_NO_TAKEN",
        "The person with the number {employee_no} has an account, perhaps a closed one. Open that one again.",
        "工号 {employee_no} 已有账号(可能已停用),请恢复原账号。",
    ),
    EmailTaken: ErrorKind(
        _TAKEN, "EMAIL_TAKEN", "Another account has this e-mail address.", "该邮箱已被其他账号使用。"
    ),
    PhoneTaken: ErrorKind(
        _TAKEN, "PHONE_TAKEN", "Another account has this phone number.", "该手机号已被其他账号使用。"
    ),
}
