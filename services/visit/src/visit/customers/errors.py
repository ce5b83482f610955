"""What a customer that cannot be visited means to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from visit.customers.known import CustomerNotFound

ERRORS: ErrorTable = {
    CustomerNotFound: ErrorKind(
        grpc.StatusCode.NOT_FOUND,
        "CUSTOMER_NOT_FOUND",
        "There is no customer {customer_id} that is looked after and that you reach.",
        "找不到客户 {customer_id},或该客户已停用、不在您的权限范围内。",
    ),
}
