"""What the refusals of decisions mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from marketing_resources.approvals.rules import DecidedBefore, NotYourDuty, OwnPlan, TaskClosed

_S = grpc.StatusCode
ERRORS: ErrorTable = {
    NotYourDuty: ErrorKind(
        _S.PERMISSION_DENIED,
        "NOT_YOUR_DUTY",
        "This step is decided by people whose roles grant {permission} for the plan's unit.",
        "此步骤须由对该方案所属单位拥有 {permission} 权限的人员审批。",
    ),
    OwnPlan: ErrorKind(
        _S.PERMISSION_DENIED,
        "OWN_PLAN",
        "Nobody decides on a plan of their own.",
        "不能审批本人申请的方案。",
    ),
    DecidedBefore: ErrorKind(
        _S.PERMISSION_DENIED,
        "DECIDED_BEFORE",
        "You have decided another step of this submission; three duties are three people.",
        "您已审批过本次提交的其他步骤,各步骤须由不同人员审批。",
    ),
    TaskClosed: ErrorKind(
        _S.FAILED_PRECONDITION,
        "TASK_CLOSED",
        "The task has been decided, or the plan was withdrawn.",
        "该任务已审批,或方案已撤回。",
    ),
}
