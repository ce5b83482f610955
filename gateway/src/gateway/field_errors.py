"""What exactly is wrong with a JSON body: asked only after the fast path has refused it.

The codec is the judge: each field is converted alone, and where that fails, what lies below it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, cast

from chassis.errors import FieldProblem
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from protobuf import message_from_json_value

from gateway import kinds
from gateway.contracts import message_type, wire_class
from gateway.expectations import expectation
from gateway.problem import Problem

_MOST_REPORTED = 20
_LONGEST_NAME = 100
_LONGEST_NUMBER = 400  # beyond the range of a double; int() of thousands of digits is slow, then an error


class _Object(dict[str, Any]):
    """A JSON object that remembers the keys that stood in it twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.repeated = [key for key, count in counts.items() if count > 1]


def reread(body: bytes) -> Any:
    """The value of a body that was refused, with its repeated keys. Raises Problem for what is no JSON."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_Object, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise _not_json(f"byte {error.start} is not UTF-8", f"第 {error.start} 字节不是 UTF-8") from None
    except RecursionError:
        raise _not_json("it is nested too deeply", "嵌套过深") from None
    except json.JSONDecodeError as error:
        raise _not_json(
            f"line {error.lineno}, column {error.colno}", f"第 {error.lineno} 行第 {error.colno} 列"
        ) from None


def _not_json(english: str, chinese: str) -> Problem:
    return Problem(kinds.INVALID_JSON, english=english, chinese=chinese)


def _integer(text: str) -> float | int:
    return int(text) if len(text) < _LONGEST_NUMBER else float("inf")


def find(descriptor: Descriptor, value: Any, path: str = "") -> list[FieldProblem]:
    """The bad fields of a JSON value, by their paths in lowerCamelCase; empty when it is a good message."""
    problems = []
    for problem in _in_message(descriptor, value, path):
        problems.append(problem)
        if len(problems) == _MOST_REPORTED:
            break
    return problems


def _in_message(descriptor: Descriptor, value: Any, path: str) -> Iterator[FieldProblem]:
    if not isinstance(value, dict):
        yield FieldProblem(path, "WRONG_TYPE", "must be an object", "必须是对象")
        return
    fields = {name: field for field in descriptor.fields for name in (field.name, field.json_name)}
    for key in getattr(value, "repeated", ()):
        yield FieldProblem(join(path, key), "DUPLICATE_FIELD", "stands here twice", "重复出现")
    convertible = _converter(descriptor)
    for key, inner in value.items():
        where = join(path, key)
        if key not in fields:
            yield FieldProblem(where, "UNKNOWN_FIELD", "is not a field of this request", "不是此请求的字段")
        elif not (convertible({key: inner}) and _is_clean(inner)):
            yield from _in_field(fields[key], inner, where)


def _in_field(field: FieldDescriptor, value: Any, path: str) -> Iterator[FieldProblem]:
    if field.is_repeated and _is_map(field):
        yield from _in_map(field, value, path)
    elif field.is_repeated:
        yield from _in_list(field, value, path)
    else:
        yield from _in_single(field, value, path)


def _in_list(field: FieldDescriptor, value: Any, path: str) -> Iterator[FieldProblem]:
    if not isinstance(value, list):
        yield FieldProblem(path, "WRONG_TYPE", "must be a list", "必须是列表")
        return
    convertible = _converter(_parent(field))
    for at, item in enumerate(value):
        if not (convertible({field.name: [item]}) and _is_clean(item)):
            yield from _in_single(field, item, f"{path}[{at}]")


def _in_map(field: FieldDescriptor, value: Any, path: str) -> Iterator[FieldProblem]:
    if not isinstance(value, dict):
        yield FieldProblem(path, "WRONG_TYPE", "must be an object", "必须是对象")
        return
    for key in getattr(value, "repeated", ()):
        yield FieldProblem(join(path, key), "DUPLICATE_FIELD", "stands here twice", "重复出现")
    convertible = _converter(_parent(field))
    inner_field = message_type(field).fields_by_name["value"]
    for key, inner in value.items():
        if not (convertible({field.name: {key: inner}}) and _is_clean(inner) and _is_clean(key)):
            yield from _in_single(inner_field, inner, join(path, key))


def _in_single(field: FieldDescriptor, value: Any, path: str) -> Iterator[FieldProblem]:
    message = field.message_type
    if message is not None and message.file.package != "google.protobuf" and isinstance(value, dict):
        yield from _in_message(message, value, path)
    elif isinstance(value, str) and not _is_clean(value):
        yield FieldProblem(
            path,
            "INVALID_CHARACTER",
            "must not contain NUL or half a surrogate pair",
            "不能包含 NUL 或不完整的代理对",
        )
    else:
        wanted = expectation(field, value)
        yield FieldProblem(path, wanted.reason, wanted.english, wanted.chinese)


def join(path: str, key: str) -> str:
    key = key[:_LONGEST_NAME].encode("utf-8", "replace").decode()
    return f"{path}.{key}" if path else key


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _parent(field: FieldDescriptor) -> Descriptor:
    return cast("Descriptor", field.containing_type)


def _converter(descriptor: Descriptor) -> Callable[[Any], bool]:
    wire = wire_class(descriptor)

    def convertible(value: Any) -> bool:
        try:
            message_from_json_value(wire, value).to_binary()
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False
        return not any(getattr(inner, "repeated", ()) for inner in _objects(value))

    return convertible


def _objects(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _is_clean(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(_is_clean(key) and _is_clean(inner) for key, inner in value.items())
    return not isinstance(value, list) or all(map(_is_clean, value))
