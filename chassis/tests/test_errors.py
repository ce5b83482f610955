import grpc
import pytest
from chassis.errors import CHASSIS_ERRORS, AtField, ErrorKind, NotFound, language_of, named_by, render
from chassis.field_masks import changed_fields
from google.protobuf import field_mask_pb2
from google.rpc import error_details_pb2
from journeyman.customer.v1.customers_pb2 import Customer


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr, de;q=0.5", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=abc", "en"),
        (";;,=;q", "en"),
        ("ZH-hant-TW", "zh"),
    ],
)
def test_the_language_is_the_best_of_the_two_we_speak(header, language):
    assert language_of(header) == language


def test_reasons_of_the_chassis_are_unique():
    reasons = [kind.reason for kind in CHASSIS_ERRORS.values()]
    assert len(set(reasons)) == len(reasons)


def test_a_service_may_say_more_about_a_general_error():
    more = {NotFound: ErrorKind(grpc.StatusCode.NOT_FOUND, "GONE", "{resource}: gone.", "{resource}: 没了。")}
    assert render(NotFound("visit"), more, "en").details.message == "visit: gone."


def test_an_error_without_a_kind_says_nothing_of_itself():
    rendered = render(ValueError("secret"), {}, "en")
    assert rendered.status is grpc.StatusCode.INTERNAL
    assert "secret" not in str(rendered.details)


def test_a_bad_mask_is_a_bad_field():
    with pytest.raises(ValueError, match="nonsense") as refused:
        changed_fields(field_mask_pb2.FieldMask(paths=["nonsense"]), Customer(), mutable=frozenset({"name"}))
    assert render(refused.value, {}, "en").status is grpc.StatusCode.INVALID_ARGUMENT


def test_what_may_be_tried_again_says_when():
    unavailable = next(type_ for type_, kind in CHASSIS_ERRORS.items() if kind.reason == "UNAVAILABLE")
    details = render(unavailable(), {}, "zh").details.details
    assert any("RetryInfo" in detail.type_url for detail in details)


def test_what_is_not_found_is_named_in_the_callers_language():
    assert render(NotFound("rule document"), {}, "en").details.message == "There is no such rule document."
    assert render(NotFound("rule document"), {}, "zh").details.message == "找不到该制度文件。"


def test_what_a_field_names_and_is_not_there_keeps_its_status_and_names_the_field():
    with pytest.raises(AtField) as refused, named_by("change.unitId", NotFound):
        raise NotFound("customer")
    rendered = render(refused.value, {}, "zh")
    assert (rendered.status, rendered.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in rendered.details.details)
    named = [(each.field, each.reason, each.description) for each in bad.field_violations]
    assert named == [("change.unitId", "NOT_FOUND", "找不到该客户。")]


def test_other_errors_pass_the_field_by():
    with pytest.raises(ValueError, match="mine"), named_by("change.unitId", NotFound):
        raise ValueError("mine")
