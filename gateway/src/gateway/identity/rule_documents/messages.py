"""Rule documents and their versions as messages."""

from collections.abc import Collection
from datetime import date
from typing import Any

from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from journeyman.identity.v1 import rule_documents_pb2 as pb
from sqlalchemy import Row

from gateway.identity.required import required
from gateway.identity.rule_documents.rules import ContentMissing, NoLink, State, demand_content, standing

CHANGEABLE = frozenset({"effective_date", "text", "link", "change_note"})
_STATE = "STATE_"


def stripped(text: str, path: str) -> str:
    """Return the text without the blanks around it. Raises InvalidFields when nothing is left."""
    if not text.strip():
        raise InvalidFields(required(path))
    return text.strip()


def values_of(given: pb.RuleDocumentVersion, fields: Collection[str]) -> dict[str, Any]:
    """Return the columns that these fields of a version fill. Raises InvalidFields."""
    values: dict[str, Any] = {field: getattr(given, field) for field in {"text", "link"}.intersection(fields)}
    if "change_note" in fields:
        values["change_note"] = stripped(given.change_note, "version.changeNote")
    if "effective_date" in fields:
        path = "version.effectiveDate"
        values["effective_date"] = civil_date(stripped(given.effective_date, path), path)
    return values


def demand_readable(text: str, link: str) -> None:
    """Raise InvalidFields unless a version has words or a link to them."""
    try:
        demand_content(text, link)
    except ContentMissing:
        raise InvalidFields(required("version.text")) from None
    except NoLink:
        problem = FieldProblem(
            "version.link",
            "NO_SUCH_LINK",
            "is no address that begins with https://",
            "必须是 https:// 开头的网址",
        )
        raise InvalidFields(problem) from None


def document(row: "Row[Any]") -> pb.RuleDocument:
    message = pb.RuleDocument(
        id=row.id,
        code=row.code,
        title=row.title,
        current_version_id=row.current_version_id or "",
        current_number=row.current_number or 0,
        current_effective_date=row.current_effective_date.isoformat() if row.current_effective_date else "",
    )
    message.create_time.FromDatetime(row.created_at)
    return message


def version(row: "Row[Any]", today: date, current_id: str | None) -> pb.RuleDocumentVersion:
    """Return the version. `current_id` names the one of its document that is in force today."""
    stands = standing(State(row.state), row.effective_date, today, is_current=row.id == current_id)
    message = pb.RuleDocumentVersion(
        id=row.id,
        rule_document_id=row.document_id,
        number=row.number,
        state=pb.RuleDocumentVersion.State.Value(_STATE + stands),
        effective_date=row.effective_date.isoformat(),
        text=row.text,
        link=row.link,
        change_note=row.change_note,
        author_id=row.author_id,
        authoriser_id=row.authoriser_id or "",
        comment=row.comment,
        etag=etag(row.version),
    )
    message.create_time.FromDatetime(row.created_at)
    message.update_time.FromDatetime(row.updated_at)
    if row.decided_at is not None:
        message.decision_time.FromDatetime(row.decided_at)
    if row.submitted_at is not None:
        message.submit_time.FromDatetime(row.submitted_at)
    return message
