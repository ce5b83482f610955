"""JSON ⇄ wire bytes: the canonical proto3 mapping, by the protobuf-py classes of the contracts.

The body is parsed by the standard library first: its parser meets deep nesting with an exception where
protobuf-py's own overflows the stack, and it can see a key that stands twice.
"""

import json
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor
from protobuf import message_from_json_value

from gateway import field_errors, kinds
from gateway.contracts import wire_class
from gateway.problem import Problem

_ESCAPED_NUL = b"\\u0000"


class _DuplicateKeyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError
    return found


_decode = json.JSONDecoder(object_pairs_hook=_unique).decode


class Json(NamedTuple):
    """The JSON of a message, and its etag as a header carries it; empty when the message has none."""

    body: bytes
    etag: str


class Codec:
    """Converts the messages of one type."""

    def __init__(self, descriptor: Descriptor) -> None:
        self._descriptor = descriptor
        self._class = wire_class(descriptor)
        self._has_etag = "etag" in descriptor.fields_by_name

    def parse(self, body: bytes, path: str = "") -> Any:
        """The JSON value of a body; the empty body is `{}`. Raises Problem.

        `path` is where the value stands in the request, for the names in the problem.
        """
        if not body.strip():
            return {}
        try:
            value = _decode(body.decode())
            suspect = _ESCAPED_NUL in body
        except (ValueError, RecursionError):
            value, suspect = field_errors.reread(body), True
        if suspect:
            self.refuse_bad_fields(value, path)
        return value

    def to_wire(self, value: Any, path: str = "") -> bytes:
        """The wire bytes of a JSON value. Raises Problem."""
        try:
            wire: bytes = message_from_json_value(self._class, value).to_binary()
        except (ValueError, TypeError, OverflowError, RecursionError):
            self.refuse_bad_fields(value, path)
            raise Problem(kinds.INVALID_FIELDS) from None
        return wire

    def to_json(self, wire: bytes) -> Json:
        """The JSON of a message, with its etag when it has one. Raises ValueError for bytes that are none."""
        message = self._class.from_binary(wire)
        etag = message.etag if self._has_etag else ""
        return Json(message.to_json(always_emit_implicit=True).encode(), etag)

    def refuse_bad_fields(self, value: Any, path: str = "") -> None:
        """Raises Problem with the fields that are no value of this message; returns when all are."""
        problems = field_errors.find(self._descriptor, value, path)
        if problems:
            raise Problem(kinds.INVALID_FIELDS, fields=problems)
