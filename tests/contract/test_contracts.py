"""What holds for every contract of the platform, read from the descriptors."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from buf.validate import validate_pb2
from chassis.access.methods import method_rule
from chassis.pattern_words import WORDS
from chassis.validation import CHINESE
from google.api import annotations_pb2
from google.protobuf.descriptor import FieldDescriptor

PROTO = Path(__file__).parents[2] / "proto"
TIMESTAMP = "google.protobuf.Timestamp"
EVENT_TYPE = re.compile(
    r"`journeyman\.([a-z_<>]+)\.[a-z_]+\.(?:[a-z_]*ed(?:_over|_in)?|paid|taken|withdrawn)\.v\d+`"
)
# What a public event must not carry: names, phones and places of people.
PERSONAL = {
    "accuracy", "address", "email", "latitude", "location", "longitude", "name", "names", "phone", "phones",
    "position", "title",
}  # fmt: skip
UNPAGED = {
    "ListRoleAssignments": "a person holds at most 50 roles",
    "ListEvents": "pages by position, for services only",
    "ListSigningKeys": "two or three keys",
    "ListRevocations": "the last fifteen minutes, for services only",
}


def modules():
    for path in sorted(PROTO.glob("journeyman/**/*.proto")):
        yield import_module(".".join(path.relative_to(PROTO).with_suffix("").parts) + "_pb2")


FILES = [module.DESCRIPTOR for module in modules()]
METHODS = [
    method for file in FILES for service in file.services_by_name.values() for method in service.methods
]
LISTS = [method for method in METHODS if method.name.startswith("List")]
EVENT_FILES = [file for file in FILES if file.name.endswith("/events.proto")]


def messages(file):
    """The messages of a file, the nested ones too; entries of maps left out."""
    waiting = list(file.message_types_by_name.values())
    while waiting:
        message = waiting.pop()
        if not message.GetOptions().map_entry:
            yield message
            waiting.extend(message.nested_types)


def all_messages():
    return [message for file in FILES for message in messages(file)]


def all_fields():
    return [field for message in all_messages() for field in message.fields]


def urls(method):
    http = method.GetOptions().Extensions[annotations_pb2.http]
    for rule in (http, *http.additional_bindings):
        verb = rule.WhichOneof("pattern")
        if verb:
            yield verb, re.sub(r"\{[^}]*\}", "{}", getattr(rule, verb))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_every_method_says_who_may_call_it(method):
    method_rule(method)


def test_no_two_methods_share_a_url():
    counts = Counter(url for method in METHODS for url in urls(method))
    assert [url for url, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("method", LISTS, ids=lambda method: method.full_name)
def test_every_list_is_paged(method):
    paged = {"page_size", "page_token"} <= set(method.input_type.fields_by_name)
    assert paged is (method.name not in UNPAGED)
    if paged:
        assert "next_page_token" in method.output_type.fields_by_name


def test_no_exception_from_paging_is_out_of_date():
    assert set(UNPAGED) <= {method.name for method in LISTS}


@pytest.mark.parametrize("method", LISTS, ids=lambda method: method.full_name)
def test_a_list_reads(method):
    assert method_rule(method).reads


def test_every_method_has_a_request_message_of_its_own():
    assert [method.name for method in METHODS if method.input_type.name != f"{method.name}Request"] == []


def test_only_requests_are_called_requests():
    requests = {method.input_type.full_name for method in METHODS}
    called = {message.full_name for message in all_messages() if message.name.endswith("Request")}
    assert called == requests


def test_instants_end_in_time_and_nothing_else_is_an_instant():
    instants = [field for field in all_fields() if field.message_type and _type(field) == TIMESTAMP]
    named_otherwise = {field.full_name for field in instants if not field.name.endswith("_time")}
    # `time` is the attribute's name in CloudEvents; a revocation's moment reads as a sentence.
    assert {name for name in named_otherwise if not name.endswith(("Event.time", ".issued_before"))} == set()


def test_civil_dates_are_strings():
    dates = [field for field in all_fields() if field.name.endswith("_date")]
    assert [field.full_name for field in dates if field.type != FieldDescriptor.TYPE_STRING] == []


@pytest.mark.parametrize("file", EVENT_FILES, ids=lambda file: file.name)
def test_events_carry_no_personal_data(file):
    named = {field.full_name for message in messages(file) for field in message.fields if _is_personal(field)}
    assert named == set()


@pytest.mark.parametrize("file", EVENT_FILES, ids=lambda file: file.name)
def test_every_event_names_its_type_as_a_past_fact_of_its_own_service(file, comments):
    service = file.package.split(".")[1]
    for message in file.message_types_by_name.values():
        producers = EVENT_TYPE.findall(" ".join(comments[message.full_name].split()))
        assert producers, message.full_name
        assert set(producers) <= {service, "<service>"}, message.full_name


def test_every_validation_rule_in_use_has_words_in_chinese():
    used = {
        rule for field in all_fields() for rule in _rules(field.GetOptions().Extensions[validate_pb2.field])
    }
    assert used - set(CHINESE) == set()


def test_every_pattern_has_words_in_both_languages_and_no_other_has():
    fields = (field.GetOptions().Extensions[validate_pb2.field] for field in all_fields())
    assert {pattern for field in fields for pattern in _patterns(field)} == set(WORDS)
    assert all(english.isascii() and not chinese.isascii() for english, chinese in WORDS.values())


def _patterns(constraints):
    """The patterns of a field, or of the items of a list and the keys and values of a map."""
    yield from (each.pattern for each in [constraints.string] if each.pattern)
    if constraints.HasField("repeated"):
        yield from _patterns(constraints.repeated.items)
    if constraints.HasField("map"):
        yield from (*_patterns(constraints.map.keys), *_patterns(constraints.map.values))


def _rules(constraints):
    """The ids that protovalidate reports for a field's constraints, such as `string.max_len`."""
    kind = constraints.WhichOneof("type")
    set_rules = (
        {field.name: value for field, value in getattr(constraints, kind).ListFields()} if kind else {}
    )
    for inner in ("items", "keys", "values"):
        if inner in set_rules:
            yield from _rules(set_rules.pop(inner))
    if {"gte", "lte"} <= set(set_rules):
        set_rules = {"gte_lte": True} | {name: True for name in set_rules if name not in ("gte", "lte")}
    yield from (f"{kind}.{name}" for name in set_rules)
    if constraints.required:
        yield "required"


def _is_personal(field):
    message = field.message_type
    is_place = message is not None and message.full_name in (
        "google.type.LatLng",
        "journeyman.types.v1.Position",
    )
    return is_place or bool(PERSONAL & set(field.name.split("_")))


def _type(field):
    return field.message_type.full_name
