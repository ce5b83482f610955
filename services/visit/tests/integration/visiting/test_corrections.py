"""Completed visits change only when a superior approves a correction."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from chassis.access import Scope
from google.protobuf.json_format import ParseDict
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.corrections.v1 import corrections_pb2 as pb
from journeyman.notices.v1 import events_pb2 as notices_pb
from journeyman.visit.v1 import visits_pb2

ROOT = "00000000-0000-7000-8000-0000000000a0"
WEST = "00000000-0000-7000-8000-0000000000a2"
FIELD = ("visitPlans.*", "visits.*", "customers.read", "corrections.file", "corrections.read")
DECIDING = ("visits.read", "corrections.file", "corrections.read", "corrections.decide")
STATE = pb.Correction


@pytest.fixture
def wang(world):
    return world.person(permissions=FIELD)


@pytest.fixture
def manager(world):
    return world.person(permissions=DECIDING, scope=Scope.UNIT)


@pytest.fixture
def visit(world, wang):
    world.at(0, 9)
    return wang.visited(world.customer(wang))


def filing(visit, reason="Misheard", **values):
    request = pb.FileCorrectionRequest(record=f"visit.visits/{visit.id}", reason=reason)
    for path, value in values.items():
        if isinstance(value, float):  # JSON has no infinity, the wire has
            request.values[path].number_value = value
        else:
            ParseDict(value, request.values[path])
    return request


def file(person, visit, **values):
    return person.corrections.FileCorrection(filing(visit, **(values or {"customerOpinion": "Too dear"})))


def approve(person, correction):
    return person.corrections.ApproveCorrection(pb.ApproveCorrectionRequest(correction_id=correction.id))


def reject(person, correction, note="No"):
    request = pb.RejectCorrectionRequest(correction_id=correction.id, note=note)
    return person.corrections.RejectCorrection(request)


def withdraw(person, correction):
    return person.corrections.WithdrawCorrection(pb.WithdrawCorrectionRequest(correction_id=correction.id))


def listed(person, **fields):
    return person.corrections.ListCorrections(pb.ListCorrectionsRequest(**fields))


def refusal(call, *arguments, **fields):
    """Return the status, the reason, and the paths of bad fields."""
    with pytest.raises(grpc.RpcError) as refused:
        call(*arguments, **fields)
    status = rpc_status.from_call(refused.value)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info) if detail.Is(info.DESCRIPTOR) else detail.Unpack(bad)
    return refused.value.code().name, info.reason, [each.field for each in bad.field_violations]


@pytest.mark.rule("R136")
def test_a_completed_visit_changes_when_a_superior_approves_and_not_before_R136(wang, manager, visit):
    values = {"customerOpinion": "Too dear", "checklist.exceptions": ["EXCEPTION_PRICE"]}
    correction = file(wang, visit, **values)
    assert (correction.state, correction.filed_by) == (STATE.STATE_FILED, wang.id)
    assert wang.get(visit) == visit
    [task] = [task for task in manager.tasks() if task.kind == "corrections.decideVisits"]
    assert (task.resource, task.title) == (
        f"corrections/{correction.id}",
        "Decide on a correction: Misheard",
    )
    assert approve(manager, correction).state == STATE.STATE_APPROVED
    corrected = wang.get(visit)
    assert corrected.customer_opinion == "Too dear"
    assert corrected.checklist.exceptions == [visits_pb2.Checklist.EXCEPTION_PRICE]
    assert corrected.etag != visit.etag
    assert (corrected.valid, corrected.complete_time) == (visit.valid, visit.complete_time)
    [before, after] = listed(manager).corrections[0].changes
    assert (before.field, after.before.string_value, after.after.string_value) == (
        "checklist.exceptions",
        "",
        "Too dear",
    )
    assert [task for task in manager.tasks() if task.kind == "corrections.decideVisits"] == []


def test_a_rejected_or_withdrawn_correction_changes_nothing(wang, manager, visit):
    assert reject(manager, file(wang, visit)).decision_note == "No"
    assert withdraw(wang, file(wang, visit)).state == STATE.STATE_WITHDRAWN
    assert wang.get(visit) == visit


def test_filer_and_deciders_are_told(world, wang, manager, visit):
    reject(manager, file(wang, visit))
    told = [data for _, data in world.facts("notice.raised", notices_pb.NoticeRaised)]
    told = [data for data in told if data.template.startswith("corrections.")]
    assert [(data.template, list(data.recipient_ids), data.recipient_permission) for data in told] == [
        ("corrections.filed", [], "corrections.decide"),
        ("corrections.rejected", [wang.id], ""),
    ]
    assert (list(told[0].passed_over_ids), told[0].readable_by_permission) == ([wang.id], "visits.read")


def test_nobody_decides_what_they_filed_or_what_is_theirs(world, wang, manager, visit):
    own = world.person(permissions=(*FIELD, *DECIDING), user=wang.id)
    by_manager = file(manager, visit)
    for person in (own, manager):
        for decide in (approve, reject):
            assert refusal(decide, person, by_manager)[:2] == ("PERMISSION_DENIED", "OWN_CORRECTION")
    assert refusal(withdraw, wang, by_manager)[0] == "NOT_FOUND"


def test_a_visit_that_is_not_completed_needs_none(world, wang):
    world.at(0, 9)
    open_ = wang.with_checklist(world.customer(wang))
    assert refusal(file, wang, open_)[:2] == ("FAILED_PRECONDITION", "NOT_CORRECTABLE")


def test_one_correction_waits_at_a_time(wang, manager, visit):
    first = file(wang, visit)
    assert refusal(file, wang, visit)[:2] == ("ALREADY_EXISTS", "CORRECTION_PENDING")
    reject(manager, first)
    file(wang, visit)


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({"customerId": "x", "customerOpinion": "y"}, ["values.customerId"]),
        ({"customerOpinion": 3}, ["values.customerOpinion"]),
        ({"customerOpinion": "x" * 2001}, ["values.customerOpinion"]),
        ({"checklist.exceptions": ["EXCEPTION_NOISE"]}, ["values.checklist.exceptions"]),
        ({"checklist.exceptions": ["EXCEPTION_PRICE"] * 2}, ["values.checklist.exceptions"]),
        ({"checklist.exceptions": []}, ["values"]),
        ({"customerOpinion": float("inf")}, ["values.customerOpinion"]),
    ],
)
def test_values_that_the_fields_would_not_take_are_named(wang, visit, values, paths):
    assert refusal(file, wang, visit, **values) == ("INVALID_ARGUMENT", "INVALID_FIELDS", paths)


def test_corrections_stay_within_the_scope_of_the_record(world, wang, visit):
    correction = file(wang, visit)
    colleague = world.person(permissions=FIELD)
    elsewhere = world.person(permissions=DECIDING, unit=WEST, scope=Scope.UNIT)
    blind = world.person(permissions=[each for each in DECIDING if each != "visits.read"], scope=Scope.UNIT)
    for stranger in (colleague, elsewhere, blind):
        assert listed(stranger).corrections == []
        assert stranger.tasks() == [] or stranger is colleague
        got = stranger.corrections.GetCorrection
        assert refusal(got, pb.GetCorrectionRequest(correction_id=correction.id))[0] == "NOT_FOUND"
        assert refusal(file, stranger, visit)[0] == "NOT_FOUND"
    for stranger in (elsewhere, blind):
        assert refusal(approve, stranger, correction)[0] == "NOT_FOUND"


def test_ids_of_nothing_and_of_other_services_are_not_found(wang, manager, visit):
    for id_ in (f"marketing.{visit.id}", f"visit.{visit.id}", f"visit.{'-' * 36}"):
        assert refusal(approve, manager, pb.Correction(id=id_))[0] == "NOT_FOUND"
    for record in (f"marketing.visits/{visit.id}", f"visit.plans/{visit.id}", f"visit.visits/{'-' * 36}"):
        request = filing(visit, customerOpinion="x")
        request.record = record
        assert refusal(wang.corrections.FileCorrection, request)[0] == "NOT_FOUND"


def test_of_parallel_decisions_one_counts(wang, manager, visit, world):
    correction = file(wang, visit)
    others = [world.person(permissions=DECIDING, scope=Scope.UNIT) for _ in range(4)]

    def decide(person):
        try:
            return (approve if person is not manager else reject)(person, correction).state
        except grpc.RpcError as error:
            return error.code()

    with ThreadPoolExecutor(5) as pool:
        ends = list(pool.map(decide, [manager, *others]))
    [end] = [end for end in ends if isinstance(end, int)]
    assert ends.count(grpc.StatusCode.FAILED_PRECONDITION) == 4
    assert (wang.get(visit).customer_opinion == "Too dear") == (end == STATE.STATE_APPROVED)


def test_a_list_is_paged_newest_first(world, wang, manager):
    world.at(0, 9)
    filed = [file(wang, wang.visited(world.customer(wang))) for _ in range(3)]
    pages, token = [], ""
    while True:
        page = listed(manager, page_size=2, page_token=token)
        pages += page.corrections
        token = page.next_page_token
        if not token:
            break
    assert [each.id for each in pages] == [each.id for each in reversed(filed)]
    assert [each.id for each in listed(manager, record=filed[0].record).corrections] == [filed[0].id]
    assert listed(manager, state=STATE.STATE_REJECTED).corrections == []
    of_nothing = f"visit.visits/{'-' * 36}"
    for record in (f"marketing.{filed[0].record.partition('.')[2]}", of_nothing):
        assert listed(manager, record=record).corrections == []
    assert refusal(listed, manager, page_token="nonsense")[2] == ["pageToken"]


def test_machines_file_and_decide_nothing(world, wang, visit):
    machine = world.person(permissions=DECIDING, scope=Scope.ALL, person=False)
    assert refusal(file, machine, visit)[1] == "PERSON_REQUIRED"
    assert refusal(approve, machine, file(wang, visit))[1] == "PERSON_REQUIRED"
