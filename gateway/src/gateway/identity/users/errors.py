"""What the errors of accounts mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.users.rules import UsernameTaken

ERRORS: ErrorTable = {
    UsernameTaken: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "USERNAME_TAKEN",
        "Another account has the login name {username}.",
        "登录名 {username} 已被使用。",
    ),
}
