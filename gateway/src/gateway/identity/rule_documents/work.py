"""What waits for people who write and sign rules. The rulebook names no deadline (R162).

A task names the document: it has one version in the making.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.server import Call
from chassis.work import Place, Waiting, Words
from sqlalchemy import Row

from gateway.identity.rule_documents import store


class ToSign:
    kind = "ruleDocuments.approve"
    collection = "ruleDocuments"
    title = Words("Sign version {number} of {code} {title}", "审批制度 {code} {title} 第 {number} 版")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        if not call.reach("ruleDocuments.approve").everything:
            return []
        rows = store.submitted(call.connection, call.caller.subject, after, limit)
        return [Waiting(row.document_id, row.submitted_at, names=_names(row)) for row in rows]


class ToRewrite:
    kind = "ruleDocuments.rewrite"
    collection = "ruleDocuments"
    title = Words(
        "Version {number} of {code} {title} was returned: rewrite it",
        "制度 {code} {title} 第 {number} 版被退回,请修改",
    )

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        rows = store.returned(call.connection, call.caller.subject, after, limit)
        return [Waiting(row.document_id, row.decided_at, names=_names(row)) for row in rows]


def _names(row: "Row[Any]") -> Mapping[str, object]:
    return {"code": row.code, "title": row.title, "number": row.number}
