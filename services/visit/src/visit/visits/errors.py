"""What the refusals of visits mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from visit.visits.rules import (
    ChecklistMissing,
    ChecklistSubmitted,
    StopAlreadyVisited,
    VisitInProgress,
    VisitNotCompleted,
    VisitNotInProgress,
    VisitNotOpen,
)

_S = grpc.StatusCode
ERRORS: ErrorTable = {
    StopAlreadyVisited: ErrorKind(
        _S.ALREADY_EXISTS,
        "STOP_ALREADY_VISITED",
        "The stop of your plan for today has its visit.",
        "今日计划中的该客户已有拜访记录。",
    ),
    VisitNotOpen: ErrorKind(
        _S.FAILED_PRECONDITION, "VISIT_NOT_OPEN", "The visit has checked in before.", "该拜访已签到。"
    ),
    VisitInProgress: ErrorKind(
        _S.FAILED_PRECONDITION,
        "VISIT_IN_PROGRESS",
        "You are at another customer; complete that visit first.",
        "您有正在进行的拜访,请先完成。",
    ),
    VisitNotInProgress: ErrorKind(
        _S.FAILED_PRECONDITION,
        "VISIT_NOT_IN_PROGRESS",
        "The visit has not checked in, or it is completed.",
        "该拜访尚未签到或已经完成。",
    ),
    ChecklistSubmitted: ErrorKind(
        _S.FAILED_PRECONDITION,
        "CHECKLIST_SUBMITTED",
        "The checklist is submitted and stays as it is.",
        "检查整理已提交,不能再次提交。",
    ),
    ChecklistMissing: ErrorKind(
        _S.FAILED_PRECONDITION,
        "CHECKLIST_MISSING",
        "Submit the checklist first, then take the photos.",
        "请先提交检查整理,再进行巡店拍照。",
    ),
    VisitNotCompleted: ErrorKind(
        _S.FAILED_PRECONDITION,
        "VISIT_NOT_COMPLETED",
        "Complete the visit before you check out.",
        "请先完成拜访再签退。",
    ),
}
