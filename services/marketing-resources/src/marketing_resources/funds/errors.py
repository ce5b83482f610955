"""What the refusals of funds mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from marketing_resources.funds.rules import FundExists, FundNotFound

ERRORS: ErrorTable = {
    FundExists: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS, "FUND_EXISTS", "There is a fund with that code.", "该经费编码已存在。"
    ),
    FundNotFound: ErrorKind(
        grpc.StatusCode.NOT_FOUND, "FUND_NOT_FOUND", "There is no such fund.", "找不到该经费。"
    ),
}
