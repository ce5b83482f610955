"""Whom a version of the rules is told to. Who submits again after a return tells again."""

from typing import Any

from chassis.notices import raised as raised_notice
from chassis.outbox import Fact
from sqlalchemy import Row


def submitted(row: "Row[Any]", code: str, unit_id: str) -> Fact:
    """Tell who may sign; they hold the permission for every row, whatever the author's unit."""
    return raised_notice(
        "identity",
        "ruleDocuments.submitted",
        permission="ruleDocuments.approve",
        unit_id=unit_id,
        parameters={
            "user": row.author_id,
            "code": code,
            "number": row.number,
            "date": row.effective_date,
        },
        resource=_resource(row),
        dedupe_key=f"rule-version-submitted:{row.id}:{row.version}",
    )


def approved(row: "Row[Any]", code: str) -> Fact:
    """Tell the author that it is signed."""
    return raised_notice(
        "identity",
        "ruleDocuments.approved",
        recipients=[row.author_id],
        parameters={
            "user": row.authoriser_id,
            "code": code,
            "number": row.number,
            "date": row.effective_date,
        },
        resource=_resource(row),
        dedupe_key=f"rule-version-approved:{row.id}:{row.version}",
    )


def returned(row: "Row[Any]", code: str) -> Fact:
    """Tell the author that it is a draft again."""
    return raised_notice(
        "identity",
        "ruleDocuments.returned",
        recipients=[row.author_id],
        parameters={"user": row.authoriser_id, "code": code, "number": row.number},
        resource=_resource(row),
        dedupe_key=f"rule-version-returned:{row.id}:{row.version}",
    )


def _resource(row: "Row[Any]") -> str:
    return f"ruleDocuments/{row.document_id}/versions/{row.id}"
