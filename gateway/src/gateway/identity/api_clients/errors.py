"""What the errors of machine clients mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.api_clients.rules import ClientIdTaken, ClientOfSettings

ERRORS: ErrorTable = {
    ClientIdTaken: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "CLIENT_ID_TAKEN",
        "Another client has the id {client_id}.",
        "客户端编号 {client_id} 已被使用。",
    ),
    ClientOfSettings: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "CLIENT_OF_SETTINGS",
        "This client is one of the platform's own services. Change it in the settings.",
        "该客户端属于平台自身服务,请在部署设置中修改。",
    ),
}
