"""Query parameters: the fields of a request message that neither the path nor the body carries."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor

_BOOLEANS = {"true": True, "false": False}
_WRITTEN_AS_TEXT = ("google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask")


class QueryField(NamedTuple):
    path: tuple[str, ...]
    field: FieldDescriptor

    @property
    def is_repeated(self) -> bool:
        return self.field.is_repeated

    def to_json(self, values: list[str]) -> Any:
        """The value as it would stand in a JSON body; what is wrong with it, the codec says."""
        found = [self._single(value) for value in values]
        return found if self.is_repeated else found[0]

    def _single(self, value: str) -> Any:
        return _BOOLEANS.get(value, value) if self.field.type == FieldDescriptor.TYPE_BOOL else value


def query_fields(message: Descriptor, taken: set[str]) -> dict[str, QueryField]:
    """The query parameters by name (`pageSize`, `position.accuracyMeters`), without the fields in `taken`."""
    return {".".join(found.path): found for found in _fields(message, taken, (), "")}


def _fields(
    message: Descriptor, taken: set[str], path: tuple[str, ...], proto_path: str
) -> Iterator[QueryField]:
    for field in message.fields:
        full_name = f"{proto_path}{field.name}"
        here = (*path, field.json_name)
        if full_name in taken:
            continue
        if field.message_type is None or field.message_type.full_name in _WRITTEN_AS_TEXT:
            yield QueryField(here, field)
        elif not field.is_repeated:
            yield from _fields(field.message_type, taken, here, f"{full_name}.")
