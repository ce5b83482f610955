"""What no request may hold, whatever its contract says, through a real gRPC server."""

from contextlib import ExitStack

import grpc
import pytest
from chassis.errors import InvalidFields
from chassis.testing import OneUnitEach, serving
from chassis.validation import validate
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.corrections.v1 import corrections_pb2
from journeyman.identity.v1 import (
    account_changes_pb2,
    audit_log_pb2,
    notices_pb2,
    notices_pb2_grpc,
    totp_pb2,
    users_pb2,
)
from journeyman.visit.v1 import tracks_pb2

RECORD = "visit.visits/00000000-0000-7000-8000-000000000001"
FIRST, LAST = -62135596800, 253402300799
ODD_TIMES = {
    "before the year 1": Timestamp(seconds=FIRST - 1),
    "after the year 9999": Timestamp(seconds=LAST + 1),
    "far beyond": Timestamp(seconds=-(2**63)),
    "negative nanoseconds": Timestamp(seconds=1, nanos=-1),
    "a second of nanoseconds": Timestamp(seconds=1, nanos=1_000_000_000),
}


def problems(request):
    try:
        validate(request)
    except InvalidFields as refused:
        return [(problem.path, problem.reason) for problem in refused.problems]
    return []


@pytest.mark.parametrize("time", ODD_TIMES.values(), ids=ODD_TIMES)
def test_a_time_that_there_is_not_names_its_field(time):
    assert problems(notices_pb2.MarkNoticesReadRequest(up_to_time=time)) == [("upToTime", "NO_SUCH_TIME")]
    inside = audit_log_pb2.ExportAuditLogRequest(filter={"from_time": time})
    assert ("filter.fromTime", "NO_SUCH_TIME") in problems(inside)


@pytest.mark.parametrize("seconds", [FIRST, 0, LAST])
def test_every_time_that_there_is_passes(seconds):
    time = Timestamp(seconds=seconds, nanos=999_999_999)
    assert problems(notices_pb2.MarkNoticesReadRequest(up_to_time=time)) == []


def test_a_time_that_its_method_judges_does_not_cost_the_whole_request():
    points = [tracks_pb2.TrackPoint(captured_time=time) for time in ODD_TIMES.values()]
    assert problems(tracks_pb2.AppendTrackPointsRequest(points=points)) == []


def test_a_nul_character_is_found_wherever_text_stands():
    assert problems(notices_pb2.ListNoticesRequest(page_token="a\0")) == [("pageToken", "STRING_STORABLE")]
    mask = users_pb2.UpdateUserRequest(update_mask={"paths": ["state", "email\0"]})
    assert ("updateMask.paths[1]", "STRING_STORABLE") in problems(mask)
    filed = corrections_pb2.FileCorrectionRequest(record=RECORD, reason="x")
    filed.values["note"].struct_value["in"] = ["deep\0"]
    filed.values["\0"].number_value = 1
    assert sorted(problems(filed)) == [
        ("values[\0]", "STRING_STORABLE"),
        ("values[note].structValue.fields[in].listValue.values[0].stringValue", "STRING_STORABLE"),
    ]


def test_a_field_is_named_once_where_its_contract_says_so_too():
    request = users_pb2.CreateUserRequest(user={"display_name": "a\0"})
    assert problems(request).count(("user.displayName", "STRING_STORABLE")) == 1


def test_what_breaks_a_rule_of_the_contract_is_named_beside_it():
    request = notices_pb2.ListNoticesRequest(page_size=-1, page_token="\0")
    assert problems(request) == [("pageSize", "INT32_GTE"), ("pageToken", "STRING_STORABLE")]


class Inbox:
    """Answers as if it had marked something."""

    contract = notices_pb2.DESCRIPTOR.services_by_name["NoticeService"]

    def __getattr__(self, name):
        return lambda request, _: notices_pb2.MarkNoticesReadResponse(
            marked_count=request.up_to_time.ToDatetime().year
        )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_edge_of_every_service_refuses_it_as_the_callers_mistake(database, clock, language):
    with ExitStack() as stack:
        server = stack.enter_context(
            serving([Inbox()], database=database, clock=clock, tree=OneUnitEach(), errors={}, service="notes")
        )
        channel = stack.enter_context(server.channel(server.issuer.token("notices.read")))
        stub = notices_pb2_grpc.NoticeServiceStub(channel)
        request = notices_pb2.MarkNoticesReadRequest(up_to_time=ODD_TIMES["far beyond"])
        with pytest.raises(grpc.RpcError) as refused:
            stub.MarkNoticesRead(request, metadata=[("accept-language", language)])
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in rpc_status.from_call(refused.value).details)
    words = {"en": "is no time that can be kept", "zh": "时间超出可记录的范围"}
    named = [(each.field, each.description) for each in bad.field_violations]
    assert named == [("upToTime", words[language])]


def test_a_field_that_was_left_out_is_said_to_be_missing():
    with pytest.raises(InvalidFields) as refused:
        validate(account_changes_pb2.FreezeUserRequest(user_id=RECORD[-36:], handling="x"))
    [reason] = refused.value.problems
    assert (reason.path, reason.reason) == ("reason", "STRING_MIN_LEN")
    assert (reason.english, reason.chinese) == ("must be there", "必填")


def test_a_choice_that_was_not_made_is_asked_for():
    with pytest.raises(InvalidFields) as refused:
        validate(account_changes_pb2.FileAccountChangeRequest(account_change={}))
    assert [(problem.english, problem.chinese) for problem in refused.value.problems] == [
        ("must be chosen", "请选择一个取值")
    ]


def test_what_breaks_a_pattern_is_told_in_words_what_is_wanted():
    with pytest.raises(InvalidFields) as refused:
        validate(totp_pb2.ConfirmTotpRequest(code="12a456"))
    [code] = refused.value.problems
    assert (code.path, code.reason) == ("code", "STRING_PATTERN")
    assert (code.english, code.chinese) == ("takes six digits", "须为 6 位数字")
