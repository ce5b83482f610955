"""What the errors of webhook endpoints mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.webhooks.rules import EndpointBeyondOwn, EndpointDisabled, TooManyEndpoints

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    EndpointBeyondOwn: ErrorKind(
        _S.PERMISSION_DENIED,
        "ENDPOINT_BEYOND_OWN",
        "An endpoint is told of every unit. Only somebody whose role reaches every row can add one.",
        "Webhook 端点会收到所有单元的通知,只有数据范围为全部的角色才能添加。",
    ),
    TooManyEndpoints: ErrorKind(
        _S.RESOURCE_EXHAUSTED,
        "TOO_MANY_ENDPOINTS",
        "There are as many endpoints as there may be. Delete one first.",
        "Webhook 端点数量已达上限,请先删除不用的端点。",
    ),
    EndpointDisabled: ErrorKind(
        _S.FAILED_PRECONDITION,
        "ENDPOINT_DISABLED",
        "The endpoint is disabled. Enable it first.",
        "该端点已停用,请先启用。",
    ),
}
