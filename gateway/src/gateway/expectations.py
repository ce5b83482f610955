"""What a field takes, in words, for the problem that says it got something else."""

import math
import re
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

_WORDS = {
    "text": ("must be text", "必须是文本"),
    "bool": ("must be true or false", "必须是 true 或 false"),
    "bytes": ("must be bytes in base64", "必须是 base64 编码的字节"),
    "number": ("must be a number", "必须是数字"),
    "object": ("must be an object", "必须是对象"),
    "google.protobuf.Timestamp": (
        "must be a time such as 2026-03-02T08:30:00Z",
        "必须是时间，例如 2026-03-02T08:30:00Z",
    ),
    "google.protobuf.Duration": ("must be a duration such as 1.5s", "必须是时长，例如 1.5s"),
    "google.protobuf.FieldMask": (
        "must be field names in lowerCamelCase, separated by commas",
        "必须是以逗号分隔的字段名（小驼峰）",
    ),
}
_KIND = {
    FieldDescriptor.CPPTYPE_STRING: "text",
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "number",
    FieldDescriptor.CPPTYPE_FLOAT: "number",
}
_DIGITS = re.compile(r"-?[0-9]+")
RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


class Expectation(NamedTuple):
    reason: str
    english: str
    chinese: str


def expectation(field: FieldDescriptor, value: Any) -> Expectation:
    """What a single value of `field` must be, given that `value` is not."""
    if field.cpp_type in RANGES:
        return _whole_number(*RANGES[field.cpp_type], value)
    if field.enum_type is not None:
        names = ", ".join(found.name for found in field.enum_type.values)
        return Expectation("UNKNOWN_VALUE", f"must be one of {names}", f"必须是以下之一：{names}")
    if field.message_type is not None:
        kind = field.message_type.full_name
        reason = "INVALID_FORMAT" if isinstance(value, str) and kind in _WORDS else "WRONG_TYPE"
        return Expectation(reason, *_WORDS.get(kind, _WORDS["object"]))
    kind = "bytes" if field.type == FieldDescriptor.TYPE_BYTES else _KIND[field.cpp_type]
    return Expectation("WRONG_TYPE", *_WORDS[kind])


def _whole_number(lowest: int, highest: int, value: Any) -> Expectation:
    return Expectation(
        "OUT_OF_RANGE" if _is_whole(value) else "WRONG_TYPE",
        f"must be a whole number from {lowest} to {highest}",
        f"必须是 {lowest} 到 {highest} 之间的整数",
    )


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return _DIGITS.fullmatch(value) is not None
    if isinstance(value, float):
        return math.isinf(value) or value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)
