"""Security incidents as messages."""

from datetime import datetime
from typing import Any

from chassis.errors import InvalidFields
from journeyman.identity.v1 import security_incidents_pb2 as pb
from sqlalchemy import Row

from gateway.identity.required import required
from gateway.identity.security_incidents.rules import Severity
from gateway.identity.times import demand_not_ahead, instant

_SEVERITY = "SEVERITY_"
_STATE = "STATE_"
_INSIDE = "securityIncident"


def values_of(given: pb.SecurityIncident, now: datetime) -> dict[str, Any]:
    """Return what the reporter says as columns. Raises InvalidFields."""
    severity = given.severity or pb.SecurityIncident.SEVERITY_MEDIUM
    return {
        "title": stripped(given.title, f"{_INSIDE}.title"),
        "text": given.text,
        "severity": Severity(pb.SecurityIncident.Severity.Name(severity).removeprefix(_SEVERITY)),
        "seen_at": _seen_at(given, now),
        "resource": given.resource,
    }


def _seen_at(given: pb.SecurityIncident, now: datetime) -> datetime:
    if not given.HasField("seen_time"):
        return now
    path = f"{_INSIDE}.seenTime"
    seen_at = instant(given.seen_time, path)
    demand_not_ahead(seen_at, now, path)
    return seen_at


def stripped(text: str, path: str) -> str:
    """Return the text without the blanks around it. Raises InvalidFields when nothing is left."""
    if not text.strip():
        raise InvalidFields(required(path))
    return text.strip()


def state_of(state: "pb.SecurityIncident.State.ValueType") -> str:
    """Return the state of a filter as it is stored, empty for every state."""
    return pb.SecurityIncident.State.Name(state).removeprefix(_STATE) if state else ""


def rendered(row: "Row[Any]") -> pb.SecurityIncident:
    message = pb.SecurityIncident(
        id=row.id,
        title=row.title,
        text=row.text,
        severity=pb.SecurityIncident.Severity.Value(_SEVERITY + row.severity),
        resource=row.resource,
        state=pb.SecurityIncident.State.Value(_STATE + row.state),
        reporter_id=row.reporter_id,
        unit_id=row.unit_id,
        handler_id=row.handler_id or "",
        outcome=row.outcome,
        closed_by_id=row.closed_by_id or "",
    )
    message.seen_time.FromDatetime(row.seen_at)
    message.create_time.FromDatetime(row.created_at)
    if row.taken_up_at is not None:
        message.take_up_time.FromDatetime(row.taken_up_at)
    if row.closed_at is not None:
        message.close_time.FromDatetime(row.closed_at)
    return message
