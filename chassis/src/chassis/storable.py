"""What no request may hold, whatever its contract says: text and instants that nobody can keep.

Found at the edge, so that no method answers a mistake of its caller as one of ours.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import FieldProblem

NUL = "STRING_STORABLE"  # as where the contract says so itself
_TIMESTAMP = Timestamp.DESCRIPTOR


def unstorable(message: Message, prefix: str = "") -> Iterator[FieldProblem]:
    """Return what is wrong with the texts and instants in a message: NUL characters, impossible times.

    A field that its contract wants ignored (`IGNORE_ALWAYS`) is left to its method.
    """
    for field, found in message.ListFields():
        if found.__class__ is str and "\0" not in found:
            continue  # most fields: a request is looked through in a microsecond
        if _is_looked_at(field):
            for path, value in _values(field, found, f"{prefix}{field.json_name}"):
                yield from _judged(path, value)


def _judged(path: str, value: Any) -> Iterator[FieldProblem]:
    if isinstance(value, str) and "\0" in value:
        yield FieldProblem(path, NUL, "must not contain the NUL character", "不能包含 NUL 字符")
    elif isinstance(value, Timestamp) and not _is_an_instant(value):
        yield FieldProblem(path, "NO_SUCH_TIME", "is no time that can be kept", "时间超出可记录的范围")
    elif isinstance(value, Message):
        yield from unstorable(value, f"{path}.")


def _is_an_instant(value: Timestamp) -> bool:
    """Tell whether it lies in the years 1 to 9999, with nanoseconds of one second."""
    try:
        value.ToDatetime()
    except ValueError:
        return False
    return True


def _values(field: FieldDescriptor, found: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Return what stands in a field, each value and key with its place."""
    if field.message_type and field.message_type.GetOptions().map_entry:
        for key in found:
            yield f"{path}[{key}]", key
            yield f"{path}[{key}]", found[key]
    elif field.is_repeated:
        yield from ((f"{path}[{place}]", value) for place, value in enumerate(found))
    else:
        yield path, found


@cache
def _is_looked_at(field: FieldDescriptor) -> bool:
    """Tell whether a field is a text or an instant, or holds some."""
    return _holds(field, frozenset({field.containing_type}))


def _holds(field: FieldDescriptor, above: frozenset[Descriptor | None]) -> bool:
    rules = field.GetOptions().Extensions[validate_pb2.field]
    if rules.ignore == validate_pb2.IGNORE_ALWAYS:
        return False
    held = field.message_type
    if held is None:
        return field.type == FieldDescriptor.TYPE_STRING
    if held == _TIMESTAMP or held in above:
        return True
    return any(_holds(each, above | {held}) for each in held.fields)
