"""What the refusals of disciplinary actions mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from directory import UnknownUser
from visit.discipline.rules import (
    ActionEnded,
    ActionWithdrawn,
    LadderAtItsEnd,
    OwnDisciplinaryAction,
    StepBelowLadder,
    StepHasNoEnd,
    StepSkipsLadder,
    ViolationCited,
    ViolationNotFound,
)

_S = grpc.StatusCode
ERRORS: ErrorTable = {
    UnknownUser: ErrorKind(_S.NOT_FOUND, "USER_NOT_FOUND", "There is no such person.", "找不到该人员。"),
    ViolationNotFound: ErrorKind(
        _S.NOT_FOUND, "VIOLATION_NOT_FOUND", "The person has no such violation.", "该人员没有此违规记录。"
    ),
    ViolationCited: ErrorKind(
        _S.ALREADY_EXISTS,
        "VIOLATION_CITED",
        "Another action cites the violation {violation_id}.",
        "违规 {violation_id} 已被其他处分引用。",
    ),
    OwnDisciplinaryAction: ErrorKind(
        _S.PERMISSION_DENIED,
        "OWN_DISCIPLINARY_ACTION",
        "A superior decides on your disciplinary actions.",
        "本人的处分须由上级处理。",
    ),
    StepBelowLadder: ErrorKind(
        _S.FAILED_PRECONDITION,
        "STEP_BELOW_LADDER",
        "The next step against this person is {english}; the ladder does not go down.",
        "对该人员的下一级处分为{chinese},不能降级。",
    ),
    StepSkipsLadder: ErrorKind(
        _S.FAILED_PRECONDITION,
        "STEP_SKIPS_LADDER",
        "The next step against this person is {english}. Say why the breach is serious enough to skip it.",
        "对该人员的下一级处分为{chinese},越级处分须说明理由。",
    ),
    LadderAtItsEnd: ErrorKind(
        _S.FAILED_PRECONDITION,
        "LADDER_AT_ITS_END",
        "The person is dismissed: there is no further step.",
        "该人员已被辞退,没有更高一级处分。",
    ),
    StepHasNoEnd: ErrorKind(
        _S.FAILED_PRECONDITION,
        "STEP_HAS_NO_END",
        "Only a use ban and a suspension are ended; take another action back instead.",
        "只有禁止使用系统和停职可以结束,其他处分只能撤销。",
    ),
    ActionEnded: ErrorKind(
        _S.FAILED_PRECONDITION, "ACTION_ENDED", "The action has been ended.", "该处分已结束。"
    ),
    ActionWithdrawn: ErrorKind(
        _S.FAILED_PRECONDITION, "ACTION_WITHDRAWN", "The action was taken back.", "该处分已撤销。"
    ),
}
