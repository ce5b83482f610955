"""From the parts of an HTTP request (path, query, body) to the wire bytes of a method's request message.

The parts are converted apart and their bytes joined: protobuf merges the fields of concatenated messages.
"""

from typing import Any
from urllib.parse import parse_qsl

from chassis.errors import FieldProblem
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway import kinds
from gateway.codec import Codec
from gateway.contracts import Binding, message_type
from gateway.problem import Problem
from gateway.query import QueryField, query_fields
from gateway.routes import variables

_MOST_PARAMETERS = 100
_LENGTH_DELIMITED = 2
_LOW_BITS = 0x7F
_MORE_BITS = 0x80


class RequestShape:
    """How the HTTP requests of one URL become request messages."""

    def __init__(self, binding: Binding) -> None:
        request = binding.descriptor.input_type
        names = variables(binding.template)
        self.codec = Codec(request)
        self.path_fields = [json_path(request, name) for name in names]
        self.body = binding.body
        self.query = {} if binding.body == "*" else query_fields(request, {*names, binding.body})
        self._body_field = request.fields_by_name[binding.body] if binding.body not in ("", "*") else None
        self._body_codec = self._codec_of_body(binding)

    def _codec_of_body(self, binding: Binding) -> Codec | None:
        if self._body_field is not None:
            return Codec(message_type(self._body_field))
        return self.codec if binding.body else None

    def to_wire(self, path_values: tuple[str, ...], query_string: str, body: bytes) -> bytes:
        """The wire bytes of the request message. Raises Problem."""
        fields = _read_query(self.query, query_string)
        body_wire = self._body_to_wire(path_values, body)
        for path, value in zip(self.path_fields, path_values, strict=True):
            _place(fields, path, value)
        if not fields:
            return body_wire
        if "\0" in query_string or "%00" in query_string or any("\0" in value for value in path_values):
            self.codec.refuse_bad_fields(fields)
        return body_wire + self.codec.to_wire(fields)

    def _body_to_wire(self, path_values: tuple[str, ...], body: bytes) -> bytes:
        codec, field = self._body_codec, self._body_field
        if codec is None:
            if body:
                raise Problem(kinds.INVALID_FIELDS, fields=[_NO_BODY])
            return b""
        if field is None:
            value = codec.parse(body)
            self._refuse_contradiction(value, (), path_values)
            return codec.to_wire(value)
        if not body:
            return b""
        value = codec.parse(body, field.json_name)
        self._refuse_contradiction(value, (field.json_name,), path_values)
        return _tagged(field, codec.to_wire(value, field.json_name))

    def _refuse_contradiction(self, value: Any, where: tuple[str, ...], path_values: tuple[str, ...]) -> None:
        """Refuses a body, standing `where` in the request, that names another resource than the URL does."""
        for path, in_url in zip(self.path_fields, path_values, strict=True):
            in_body = _find(value, path[len(where) :]) if path[: len(where)] == where else None
            if in_body not in (None, "", in_url):
                raise Problem(kinds.INVALID_FIELDS, fields=[_contradiction(".".join(path))])


def json_path(message: Descriptor, path: str) -> tuple[str, ...]:
    """The JSON names along a field path: `org_unit.id` is ("orgUnit", "id")."""
    name, _, rest = path.partition(".")
    field = message.fields_by_name[name]
    return (field.json_name, *(json_path(message_type(field), rest) if rest else ()))


def _read_query(known: dict[str, QueryField], query_string: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if not query_string:
        return fields
    for name, values in _parsed(query_string).items():
        field = known.get(name)
        if field is None:
            raise Problem(kinds.INVALID_FIELDS, fields=[_unknown_parameter(name)])
        if len(values) > 1 and not field.is_repeated:
            raise Problem(kinds.INVALID_FIELDS, fields=[_repeated_parameter(name)])
        _place(fields, field.path, field.to_json(values))
    return fields


def _parsed(query_string: str) -> dict[str, list[str]]:
    parsed: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            query_string, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise Problem(kinds.INVALID_URL) from None
    for name, value in pairs:
        parsed.setdefault(name, []).append(value)
    return parsed


def _place(fields: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        fields = fields.setdefault(name, {})
    fields[path[-1]] = value


def _find(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _tagged(field: FieldDescriptor, message: bytes) -> bytes:
    return _varint(field.number << 3 | _LENGTH_DELIMITED) + _varint(len(message)) + message


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > _LOW_BITS:
        out.append(value & _LOW_BITS | _MORE_BITS)
        value >>= 7
    out.append(value)
    return bytes(out)


_NO_BODY = FieldProblem("", "UNEXPECTED_BODY", "this request takes no body", "此请求不接受请求体")


def _contradiction(path: str) -> FieldProblem:
    return FieldProblem(path, "CONTRADICTS_URL", "is not the one that the URL names", "与 URL 中的不一致")


def _unknown_parameter(name: str) -> FieldProblem:
    return FieldProblem(name, "UNKNOWN_PARAMETER", "is not a parameter of this request", "不是此请求的参数")


def _repeated_parameter(name: str) -> FieldProblem:
    return FieldProblem(name, "DUPLICATE_PARAMETER", "stands here twice", "重复出现")
