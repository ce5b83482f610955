"""What the refusals of rule documents mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.rule_documents.rules import (
    OwnRuleVersion,
    RuleDocumentExists,
    RuleVersionInTheMaking,
    RuleVersionNotDraft,
    RuleVersionNotSubmitted,
    RuleVersionTooEarly,
)

_STATE = grpc.StatusCode.FAILED_PRECONDITION

ERRORS: ErrorTable = {
    RuleDocumentExists: ErrorKind(
        grpc.StatusCode.ALREADY_EXISTS,
        "RULE_DOCUMENT_EXISTS",
        "There is a document with that code.",
        "该制度编码已存在。",
    ),
    RuleVersionInTheMaking: ErrorKind(
        _STATE,
        "RULE_VERSION_IN_THE_MAKING",
        "Another version of the document is being written or waits for a signature.",
        "该制度已有起草中或待审批的版本。",
    ),
    RuleVersionNotDraft: ErrorKind(
        _STATE, "RULE_VERSION_NOT_DRAFT", "The version is no draft any more.", "该版本已不是草稿。"
    ),
    RuleVersionNotSubmitted: ErrorKind(
        _STATE,
        "RULE_VERSION_NOT_SUBMITTED",
        "The version does not wait for a signature.",
        "该版本当前不在待审批状态。",
    ),
    OwnRuleVersion: ErrorKind(
        grpc.StatusCode.PERMISSION_DENIED,
        "OWN_RULE_VERSION",
        "Somebody else than the author signs.",
        "不能审批自己起草的版本。",
    ),
    RuleVersionTooEarly: ErrorKind(
        _STATE,
        "RULE_VERSION_TOO_EARLY",
        "A version holds from the day of its signature at the earliest, and after the version before.",
        "生效日期不能早于审批当日,且须晚于上一版本的生效日期。",
    ),
}
