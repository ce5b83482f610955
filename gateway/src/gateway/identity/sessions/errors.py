"""What the errors of signing in mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.sessions.rules import (
    OtpRequired,
    OtpWrong,
    SessionEnded,
    TooManySignIns,
    WrongCredentials,
)

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    WrongCredentials: ErrorKind(
        _S.UNAUTHENTICATED,
        "WRONG_CREDENTIALS",
        "The name or the password is wrong.",
        "用户名或密码错误。",
    ),
    OtpRequired: ErrorKind(
        _S.UNAUTHENTICATED,
        "OTP_REQUIRED",
        "Send the code of your authenticator too.",
        "请输入身份验证器的动态码。",
    ),
    OtpWrong: ErrorKind(
        _S.UNAUTHENTICATED,
        "OTP_WRONG",
        "The code is wrong or was used before.",
        "动态码错误或已被使用。",
    ),
    TooManySignIns: ErrorKind(
        _S.RESOURCE_EXHAUSTED,
        "TOO_MANY_SIGN_INS",
        "Too many people are signing in. Try again in a moment.",
        "当前登录人数过多,请稍后再试。",
    ),
    SessionEnded: ErrorKind(
        _S.UNAUTHENTICATED,
        "SESSION_ENDED",
        "The session has ended. Sign in again.",
        "会话已结束,请重新登录。",
    ),
}
