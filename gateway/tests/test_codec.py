"""The codec against google.protobuf.json_format, over every message of the contracts.

They write the same JSON, and what the codec reads, json_format reads alike. Known differences, in which the
codec is the stricter one (but for the last):
- NUL, half a surrogate pair and a key that stands twice;
- `[]` and `""` for a message, `true` and `false` for an enum, which json_format takes for empty and 0 and 1;
- a field given by both of its names (`channel_type` and `channelType`): the codec takes the last one.
"""

import json
import math
from typing import Any

import pytest
from gateway.codec import Codec
from gateway.contracts import BACKEND_OF_PACKAGE, package_files
from gateway.problem import Problem
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def messages(found: Any) -> list[Descriptor]:
    nested = [inner for inner in found.nested_types_by_name.values() if not inner.GetOptions().map_entry]
    return [found, *(deeper for inner in nested for deeper in messages(inner))]


ALL = [
    message
    for package in BACKEND_OF_PACKAGE
    for file in package_files(package)
    for top in file.message_types_by_name.values()
    for message in messages(top)
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
SCALARS = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_STRING: TEXT,
}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PATHS = st.lists(st.sampled_from(["name", "channel_type", "position.location"]), max_size=3)


def value_of(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return message_of(field.message_type)
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=8)
    return SCALARS[field.cpp_type]


def message_of(descriptor: Descriptor) -> st.SearchStrategy[Any]:
    made = GetMessageClass(descriptor)
    match descriptor.full_name:
        case "google.protobuf.Timestamp":
            return st.builds(made, seconds=st.integers(-(10**9), 10**10), nanos=st.integers(0, 10**9 - 1))
        case "google.protobuf.FieldMask":
            return st.builds(made, paths=PATHS)
        case "google.protobuf.Value":
            return JSON.map(lambda found: json_format.ParseDict(found, made()))
        case "google.protobuf.Any":
            return st.just(made())
    fields = {field.name: field_of(field) for field in descriptor.fields}
    return st.fixed_dictionaries({}, optional=fields).map(lambda chosen: made(**chosen))


def field_of(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if not field.is_repeated:
        return value_of(field)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        return st.dictionaries(value_of(key), value_of(value), max_size=3)
    return st.lists(value_of(field), max_size=3)


def comparable(value: Any) -> Any:
    """JSON values as what they mean: 1 is 1.0, and a time keeps its digits whatever their number."""
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [comparable(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


@pytest.mark.parametrize("descriptor", ALL, ids=lambda found: found.full_name)
def test_both_write_the_same_json_and_read_each_other(descriptor):
    codec, made = Codec(descriptor), GetMessageClass(descriptor)

    @FEW
    @given(message_of(descriptor))
    def check(message: Any) -> None:
        expected = json_format.MessageToJson(message, always_print_fields_with_no_presence=True)
        written = codec.to_json(message.SerializeToString()).body
        assert comparable(json.loads(written)) == comparable(json.loads(expected))
        wire = codec.to_wire(codec.parse(expected.encode()))
        again = made.FromString(wire)
        assert json_format.MessageToDict(again) == json_format.MessageToDict(message)

    check()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def refused(codec: Codec, body: str) -> bool:
    try:
        codec.to_wire(codec.parse(body.encode()))
    except Problem as problem:
        return bool(problem.fields)
    return False


@pytest.mark.parametrize("descriptor", ALL, ids=lambda found: found.full_name)
def test_the_codec_reads_what_json_format_reads_or_says_where_it_does_not(descriptor):
    codec, made = Codec(descriptor), GetMessageClass(descriptor)
    names = [field.json_name for field in descriptor.fields] or ["nothing"]

    @FEW
    @given(st.dictionaries(st.sampled_from(names), JSON, min_size=1, max_size=2))
    def check(value: dict[str, Any]) -> None:
        body = json.dumps(value)
        if not refused(codec, body):
            wire = codec.to_wire(codec.parse(body.encode()))
            assert made.FromString(wire) == json_format.Parse(body, made())

    check()


@pytest.mark.parametrize(
    "body", ['{"name": "\\u0000"}', '{"name": "a", "name": "b"}', '{"position": []}', '{"state": true}']
)
def test_the_codec_is_stricter_than_json_format(body):
    descriptor = next(found for found in ALL if found.full_name == "journeyman.customer.v1.Customer")
    assert refused(Codec(descriptor), body)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_none_is_written_as_text(number):
    descriptor = next(found for found in ALL if found.full_name.endswith("VisitRanking.Row"))
    written = Codec(descriptor).to_json(GetMessageClass(descriptor)(value=number).SerializeToString()).body
    assert json.loads(written)["value"] in ("Infinity", "-Infinity", "NaN")
