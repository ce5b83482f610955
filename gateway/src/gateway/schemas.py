"""JSON Schemas of the messages and enums of the contracts, as their JSON is written."""

import json
import re
from functools import cache
from importlib.resources import files
from typing import cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gateway.constraints import Schema, constrained, is_required, list_keywords, map_keywords, rules_of
from gateway.contracts import message_type
from gateway.expectations import RANGES

_INTEGER_IN_TEXT = {"type": "string", "pattern": "^-?[0-9]{1,20}$"}
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Value": {},  # whatever JSON can say
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {
        "type": "string",
        "pattern": "^([a-z][a-zA-Z0-9]*([.,][a-z][a-zA-Z0-9]*)*)?$",
    },
}
_SCALARS: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_INT64: _INTEGER_IN_TEXT,
    FieldDescriptor.CPPTYPE_UINT64: _INTEGER_IN_TEXT,
}


class Schemas:
    """Collects the components that a document refers to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def reference(self, descriptor: Descriptor | EnumDescriptor) -> Schema:
        name = descriptor.full_name.removeprefix("journeyman.")
        if name not in self.components:
            self.components[name] = {}  # a place, so that a message may hold itself
            self.components[name] = (
                _enum(descriptor) if isinstance(descriptor, EnumDescriptor) else self.message(descriptor)
            )
        return {"$ref": f"#/components/schemas/{name}"}

    def message(self, descriptor: Descriptor, without: frozenset[str] = frozenset()) -> Schema:
        """The schema of a message, written out; the fields named in `without` are left away."""
        fields = [field for field in descriptor.fields if field.name not in without]
        schema: Schema = {
            "type": "object",
            "description": comment(descriptor.full_name),
            "properties": {field.json_name: self.field(field) for field in fields},
            "additionalProperties": False,
        }
        required = [field.json_name for field in fields if is_required(field)]
        return schema | ({"required": required} if required else {})

    def field(self, field: FieldDescriptor) -> Schema:
        description = comment(field.full_name)
        return self._of_field(field) | ({"description": description} if description else {})

    def _of_field(self, field: FieldDescriptor) -> Schema:
        rules = rules_of(field)
        if not field.is_repeated:
            return constrained(field, rules, self._single(field))
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            value = message_type(field).fields_by_name["value"]
            values = constrained(value, rules.map.values, self._single(value))
            return {"type": "object", "additionalProperties": values} | map_keywords(rules)
        items = constrained(field, rules.repeated.items, self._single(field))
        return {"type": "array", "items": items} | list_keywords(rules)

    def _single(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            known = _WELL_KNOWN.get(field.message_type.full_name)
            return self.reference(field.message_type) if known is None else dict(known)
        if field.enum_type is not None:
            return self.reference(field.enum_type)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        if field.cpp_type in _SCALARS:
            return dict(_SCALARS[field.cpp_type])
        return _bounded(field) if field.cpp_type in RANGES else {"type": "string"}


def _bounded(field: FieldDescriptor) -> Schema:
    lowest, highest = RANGES[field.cpp_type]
    return {"type": "integer", "format": "int32", "minimum": lowest, "maximum": highest}


def _enum(descriptor: EnumDescriptor) -> Schema:
    names = [value.name for value in descriptor.values]
    lines = [f"- `{name}`: {comment(f'{descriptor.full_name}.{name}')}" for name in names]
    description = "\n".join([comment(descriptor.full_name), "", *lines])
    return {"type": "string", "enum": names, "description": description}


@cache
def _comments() -> dict[str, str]:
    text = files("gateway").joinpath("comments.json").read_text("utf-8")
    return cast("dict[str, str]", json.loads(text))


def comment(full_name: str) -> str:
    """What the contract says about an element; field names in it are written as JSON writes them."""
    return _QUOTED_NAME.sub(_camel, _comments().get(full_name, ""))


_QUOTED_NAME = re.compile(r"`[a-z]+(_[a-z]+)+`")


def _camel(quoted: re.Match[str]) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), quoted[0])
