from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from chassis.access import Scope
from chassis.clock import FixedClock
from chassis.testing import Tree, serving
from google.rpc import error_details_pb2
from google.type import money_pb2
from grpc_status import rpc_status
from journeyman.visit.v1 import work_policies_pb2 as pb
from journeyman.visit.v1 import work_policies_pb2_grpc as grpc_pb
from visit import work_policies

ROOT = "00000000-0000-7000-8000-000000000001"
EAST = "00000000-0000-7000-8000-000000000002"
SHANGHAI = "00000000-0000-7000-8000-000000000003"
HANGZHOU = "00000000-0000-7000-8000-000000000004"
TREE = Tree({ROOT: None, EAST: ROOT, SHANGHAI: EAST, HANGZHOU: EAST})
MONDAY_MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    return FixedClock(MONDAY_MORNING)


@pytest.fixture
def service(database, clock):
    servicers = [work_policies.WorkPolicyServicer(TREE)]
    with serving(
        servicers, database=database, clock=clock, tree=TREE, errors=work_policies.ERRORS, service="visit"
    ) as running:
        yield running


@contextmanager
def calling(service, *, unit=ROOT, scope=Scope.SUBTREE):
    token = service.issuer.token("workPolicies.*", unit=unit, scope=scope)
    with service.channel(token) as channel:
        yield grpc_pb.WorkPolicyServiceStub(channel)


def create(stub, **fields):
    return stub.CreateWorkPolicy(pb.CreateWorkPolicyRequest(work_policy=pb.WorkPolicy(**fields)))


def refusal(caught):
    status = rpc_status.from_call(caught.value)
    for detail in status.details:
        for type_ in (error_details_pb2.BadRequest, error_details_pb2.ErrorInfo):
            message = type_()
            if detail.Unpack(message) and isinstance(message, error_details_pb2.BadRequest):
                return [(item.field, item.reason) for item in message.field_violations]
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    return info.reason


def test_without_any_policy_the_defaults_of_the_rulebook_hold(service):
    with calling(service, unit=SHANGHAI) as stub:
        policy = stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest())
    assert policy == pb.WorkPolicy(
        unit_id=SHANGHAI,
        clock_in_deadline="08:30",
        clock_out_earliest="18:00",
        track_window_start="08:30",
        track_window_end="18:00",
        signal_gap_minutes=30,
        signal_gap_fine=money_pb2.Money(currency_code="CNY", units=50),
        counts_ad_hoc_visits=True,
    )


@pytest.mark.rule("R035")
def test_a_policy_holds_from_its_date_for_the_unit_and_all_below_it_R035(service):
    with calling(service) as stub:
        created = create(stub, unit_id=EAST, effective_date="2026-03-09", clock_out_earliest="17:30")
        before, after = (
            stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest(unit_id=SHANGHAI, on_date=day))
            for day in ("2026-03-08", "2026-03-09")
        )
    assert (before.id, before.clock_out_earliest) == ("", "18:00")
    assert (after.id, after.unit_id, after.clock_out_earliest) == (created.id, EAST, "17:30")


def test_the_nearest_unit_wins_over_what_it_would_inherit(service):
    with calling(service) as stub:
        create(stub, unit_id=EAST, effective_date="2026-03-10", clock_in_deadline="09:00")
        own = create(stub, unit_id=SHANGHAI, effective_date="2026-03-02", counts_ad_hoc_visits=False)
        found = stub.GetEffectiveWorkPolicy(
            pb.GetEffectiveWorkPolicyRequest(unit_id=SHANGHAI, on_date="2026-03-11")
        )
    assert found.id == own.id
    assert not found.counts_ad_hoc_visits


def test_a_policy_is_refused_for_days_that_have_passed(service, clock):
    with calling(service) as stub:
        create(stub, unit_id=EAST, effective_date="2026-03-02")
        clock.advance(timedelta(hours=16))  # midnight in Shanghai
        with pytest.raises(grpc.RpcError) as caught:
            create(stub, unit_id=ROOT, effective_date="2026-03-02")
    assert refusal(caught) == "POLICY_IN_THE_PAST"


def test_a_second_policy_of_a_unit_from_the_same_day_is_refused(service):
    with calling(service) as stub:
        create(stub, unit_id=EAST, effective_date="2026-03-02")
        with pytest.raises(grpc.RpcError) as caught:
            create(stub, unit_id=EAST, effective_date="2026-03-02", clock_in_deadline="09:00")
    assert refusal(caught) == "POLICY_EXISTS"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"effective_date": "2026-03-09"}, ("workPolicy.unitId", "REQUIRED")),
        ({"unit_id": EAST}, ("workPolicy.effectiveDate", "REQUIRED")),
        ({"unit_id": EAST, "effective_date": "2026-02-30"}, ("workPolicy.effectiveDate", "NO_SUCH_DATE")),
        (
            {"unit_id": EAST, "effective_date": "2026-03-09", "track_window_end": "08:30"},
            ("workPolicy.trackWindowEnd", "ENDS_BEFORE_START"),
        ),
        (
            {
                "unit_id": EAST,
                "effective_date": "2026-03-09",
                "signal_gap_fine": money_pb2.Money(currency_code="CNY", units=-1),
            },
            ("workPolicy.signalGapFine", "NEGATIVE"),
        ),
        (
            {
                "unit_id": EAST,
                "effective_date": "2026-03-09",
                "signal_gap_fine": money_pb2.Money(currency_code="CNY", nanos=1),
            },
            ("workPolicy.signalGapFine", "NO_AMOUNT"),
        ),
    ],
)
def test_a_bad_policy_is_refused_by_field(service, fields, problem):
    with calling(service) as stub, pytest.raises(grpc.RpcError) as caught:
        create(stub, **fields)
    assert refusal(caught) == [problem]


def test_a_unit_outside_the_scope_is_no_unit(service):
    with calling(service, unit=SHANGHAI) as stub:
        with pytest.raises(grpc.RpcError) as caught:
            create(stub, unit_id=HANGZHOU, effective_date="2026-03-09")
        assert refusal(caught) == [("workPolicy.unitId", "UNKNOWN_UNIT")]
        with pytest.raises(grpc.RpcError) as caught:
            stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest(unit_id=HANGZHOU))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_list_pages_by_unit_and_date_inside_the_scope(service):
    with calling(service) as stub:
        for unit, day in [(SHANGHAI, "2026-04-01"), (SHANGHAI, "2026-03-02"), (EAST, "2026-03-02")]:
            create(stub, unit_id=unit, effective_date=day)
    with calling(service, unit=SHANGHAI) as stub:
        first = stub.ListWorkPolicies(pb.ListWorkPoliciesRequest(page_size=1))
        rest = stub.ListWorkPolicies(
            pb.ListWorkPoliciesRequest(page_size=1, page_token=first.next_page_token)
        )
    assert [item.effective_date for item in first.work_policies] == ["2026-03-02"]
    assert [item.effective_date for item in rest.work_policies] == ["2026-04-01"]
    assert rest.next_page_token == ""


def test_a_person_without_a_team_sees_the_policy_they_work_under(service):
    with calling(service, unit=SHANGHAI, scope=Scope.SELF) as stub:
        assert stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest()).clock_in_deadline == "08:30"
        assert not stub.ListWorkPolicies(pb.ListWorkPoliciesRequest()).work_policies
