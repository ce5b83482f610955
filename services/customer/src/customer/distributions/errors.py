"""What the errors of distributions mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from customer.customers.sections import SectionLeft
from customer.distributions.rules import (
    CustomerNotFound,
    DistributionClosed,
    NothingToDistribute,
    SectionsMixed,
)

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    SectionLeft: ErrorKind(
        _S.PERMISSION_DENIED,
        "SECTION_LEFT",
        "What leaves its section is distributed by group marketing. File a customer distribution.",
        "跨版块的分配须由集团公司市场营销部办理,请提交跨版块分配申请。",
    ),
    CustomerNotFound: ErrorKind(
        _S.NOT_FOUND,
        "CUSTOMER_NOT_FOUND",
        "There is no customer {customer_id} in your reach.",
        "找不到客户 {customer_id},或该客户不在您的权限范围内。",
    ),
    SectionsMixed: ErrorKind(
        _S.FAILED_PRECONDITION,
        "SECTIONS_MIXED",
        "The customers belong to more than one section.",
        "所选客户不属于同一业务板块。",
    ),
    DistributionClosed: ErrorKind(
        _S.FAILED_PRECONDITION,
        "DISTRIBUTION_CLOSED",
        "The distribution was decided or taken back.",
        "该分配申请已处理或已撤回。",
    ),
    NothingToDistribute: ErrorKind(
        _S.FAILED_PRECONDITION,
        "NOTHING_TO_DISTRIBUTE",
        "Every customer has changed hands since the filing.",
        "申请提交后,所有客户的负责人均已变更。",
    ),
}
