"""What the errors of machine clients mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.api_clients.rules import ClientIdTaken

ERRORS: ErrorTable = {
    ClientIdTaken: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "CLIENT_ID_TAKEN",
        "Another client has the id {client_id}.",
        "客户端编号 {client_id} 已被使用。",
    ),
}
