"""Corrections as messages."""

import re
import uuid
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Value
from journeyman.corrections.v1 import corrections_pb2 as pb
from sqlalchemy import Row

from chassis.corrections.records import unreadable
from chassis.corrections.rules import State
from chassis.errors import InvalidFields
from chassis.pagination import foreign_token

_ALL_ONES = (1 << 128) - 1
_SORT_KEY = re.compile("[0-9a-f]{32}")


def rendered(service: str, row: Row[Any]) -> pb.Correction:
    """Return a correction as a message."""
    message = pb.Correction(
        id=f"{service}.{row.id}",
        record=f"{service}.{row.collection}/{row.record_id}",
        changes=[
            pb.FieldChange(field=path, before=_value(row.before[path]), after=_value(row.after[path]))
            for path in sorted(row.after)
        ],
        reason=row.reason,
        filed_by=row.filed_by,
        unit_id=row.unit_id,
        state=pb.Correction.State.Value(f"STATE_{row.state}"),
        decided_by=row.decided_by or "",
        decision_note=row.decision_note,
        sort_key=_sort_key(row.id),
    )
    message.create_time.FromDatetime(row.created_at)
    if row.decided_at:
        message.decide_time.FromDatetime(row.decided_at)
    return message


def state_of(request: pb.ListCorrectionsRequest) -> State | None:
    """Return the state to filter by."""
    name = pb.Correction.State.Name(request.state).removeprefix("STATE_")
    return State(name) if request.state else None


def json_of(path: str, value: Value) -> Any:
    """Return what a JSON value says; whole numbers are whole. Raises InvalidFields for what is none."""
    try:
        found = MessageToDict(value)
    except ValueError:  # infinity, or not a number
        raise InvalidFields(unreadable(f"values.{path}")) from None
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _value(found: Any) -> Value:
    return ParseDict(found, Value())


def _sort_key(correction_id: str) -> str:
    """Return a text that sorts newest first: ids are made in the order of time."""
    return f"{_ALL_ONES - uuid.UUID(correction_id).int:032x}"


def id_before(page_token: str) -> str:
    """Return the id that a page goes on behind, empty for the first page. Raises InvalidFields."""
    if not page_token:
        return ""
    if not _SORT_KEY.fullmatch(page_token):
        raise foreign_token()
    return str(uuid.UUID(int=_ALL_ONES - int(page_token, 16)))
