"""The validation rules of the contracts as JSON Schema keywords."""

import re
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor
from journeyman.types.v1 import rules_pb2

Schema = dict[str, Any]

_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_WALL_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_STORABLE = r"^[^\u0000]*$"
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: "int32",
    FieldDescriptor.CPPTYPE_INT64: "int64",
    FieldDescriptor.CPPTYPE_UINT32: "uint32",
    FieldDescriptor.CPPTYPE_UINT64: "uint64",
    FieldDescriptor.CPPTYPE_DOUBLE: "double",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
}


def rules_of(field: FieldDescriptor) -> validate_pb2.FieldRules:
    return field.GetOptions().Extensions[validate_pb2.field]


def constrained(field: FieldDescriptor, rules: validate_pb2.FieldRules, schema: Schema) -> Schema:
    """The schema of one value of `field` with the keywords of its rules.

    A rule that is ignored for the zero value leaves the empty text open.
    """
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        keywords = _string(rules.string)
        if keywords and rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE:
            return {"anyOf": [{"type": "string", "maxLength": 0}, schema | keywords]}
        return schema | keywords
    if field.cpp_type in _NUMBERS:
        return schema | _number(getattr(rules, _NUMBERS[field.cpp_type]), schema)
    if field.enum_type is not None and rules.enum.not_in:
        refused = [field.enum_type.values_by_number[number].name for number in rules.enum.not_in]
        return schema | {"not": {"enum": refused}}
    return schema


def list_keywords(rules: validate_pb2.FieldRules) -> Schema:
    repeated = rules.repeated
    bounds = {"minItems": repeated.min_items, "maxItems": repeated.max_items}
    return {name: value for name, value in (bounds | {"uniqueItems": repeated.unique}).items() if value}


def map_keywords(rules: validate_pb2.FieldRules) -> Schema:
    keywords = {"minProperties": rules.map.min_pairs, "maxProperties": rules.map.max_pairs}
    return {name: value for name, value in keywords.items() if value}


def is_required(field: FieldDescriptor) -> bool:
    """Whether a request without the field is refused: its rules do not take the zero value."""
    rules = rules_of(field)
    if rules.required:
        return True
    if rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE or field.has_presence:
        return False
    return _refuses_zero(field, rules)


def _refuses_zero(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> bool:
    if field.is_repeated:
        return rules.repeated.min_items > 0
    if field.enum_type is not None:
        return 0 in rules.enum.not_in
    if field.cpp_type in _NUMBERS:
        number = getattr(rules, _NUMBERS[field.cpp_type])
        return any((number.HasField("gte") and number.gte > 0, number.HasField("gt") and number.gt >= 0))
    return field.cpp_type == FieldDescriptor.CPPTYPE_STRING and not _takes_empty(rules.string)


def _takes_empty(rules: validate_pb2.StringRules) -> bool:
    if rules.min_len or rules.uuid or ("" not in getattr(rules, "in") and getattr(rules, "in")):
        return False
    return not rules.pattern or re.search(rules.pattern, "") is not None


def _string(rules: validate_pb2.StringRules) -> Schema:
    keywords: Schema = {}
    if rules.min_len:
        keywords["minLength"] = rules.min_len
    if rules.max_len:
        keywords["maxLength"] = rules.max_len
    if rules.uuid:
        keywords["format"] = "uuid"
    if allowed := list(getattr(rules, "in")):
        keywords["enum"] = allowed
    if pattern := _pattern(rules):
        keywords["pattern"] = pattern
    return keywords


def _pattern(rules: validate_pb2.StringRules) -> str:
    if rules.pattern:
        return rules.pattern
    for extension, form in ((rules_pb2.civil_date, _DATE), (rules_pb2.wall_clock, _WALL_CLOCK)):
        if rules.Extensions[extension]:
            return f"^{form}$" if rules.min_len else f"^({form})?$"
    return _STORABLE if rules.Extensions[rules_pb2.storable] else ""


def _number(rules: Any, schema: Schema) -> Schema:
    if schema["type"] == "string":  # a 64-bit integer: JSON Schema has no bounds for digits in text
        return {}
    names = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
    return {keyword: getattr(rules, name) for name, keyword in names.items() if rules.HasField(name)}
