from datetime import timedelta

import pytest
from chassis.access import Scope
from chassis.events import store_newer
from directory.tables import units
from google.type import money_pb2
from journeyman.visit.v1 import work_policies_pb2 as pb
from journeyman.visit.v1 import work_policies_pb2_grpc as grpc_pb

ROOT = "00000000-0000-7000-8000-000000000001"
EAST = "00000000-0000-7000-8000-000000000002"
SHANGHAI = "00000000-0000-7000-8000-000000000003"
HANGZHOU = "00000000-0000-7000-8000-000000000004"


def calling(field, *, unit=ROOT, scope=Scope.SUBTREE):
    return field.calling(grpc_pb.WorkPolicyServiceStub, "workPolicies.*", unit=unit, scope=scope)


def create(stub, **fields):
    return stub.CreateWorkPolicy(pb.CreateWorkPolicyRequest(work_policy=pb.WorkPolicy(**fields)))


def test_without_any_policy_the_defaults_of_the_rulebook_hold(field):
    with calling(field, unit=SHANGHAI) as stub:
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
def test_a_policy_holds_from_its_date_for_the_unit_and_all_below_it_R035(field):
    with calling(field) as stub:
        created = create(stub, unit_id=EAST, effective_date="2026-03-09", clock_out_earliest="17:30")
        before, after = (
            stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest(unit_id=SHANGHAI, on_date=day))
            for day in ("2026-03-08", "2026-03-09")
        )
    assert (before.id, before.clock_out_earliest) == ("", "18:00")
    assert (after.id, after.unit_id, after.clock_out_earliest) == (created.id, EAST, "17:30")


def test_the_nearest_unit_wins_over_what_it_would_inherit(field):
    with calling(field) as stub:
        create(stub, unit_id=EAST, effective_date="2026-03-10", clock_in_deadline="09:00")
        own = create(stub, unit_id=SHANGHAI, effective_date="2026-03-02", counts_ad_hoc_visits=False)
        found = stub.GetEffectiveWorkPolicy(
            pb.GetEffectiveWorkPolicyRequest(unit_id=SHANGHAI, on_date="2026-03-11")
        )
    assert found.id == own.id
    assert not found.counts_ad_hoc_visits


def test_a_policy_is_refused_for_days_that_have_passed(field, clock, refused):
    with calling(field) as stub:
        create(stub, unit_id=EAST, effective_date="2026-03-02")
        clock.advance(timedelta(hours=16))  # midnight in Shanghai
        with refused() as refusal:
            create(stub, unit_id=ROOT, effective_date="2026-03-02")
    assert refusal.reason == "POLICY_IN_THE_PAST"


def test_a_second_policy_of_a_unit_from_the_same_day_is_refused(field, refused):
    with calling(field) as stub:
        create(stub, unit_id=EAST, effective_date="2026-03-02")
        with refused() as refusal:
            create(stub, unit_id=EAST, effective_date="2026-03-02", clock_in_deadline="09:00")
    assert refusal.reason == "POLICY_EXISTS"


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
def test_a_bad_policy_is_refused_by_field(field, refused, fields, problem):
    with calling(field) as stub, refused() as refusal:
        create(stub, **fields)
    assert refusal.fields == [problem]


def test_a_unit_outside_the_scope_is_no_unit(field, refused):
    with calling(field, unit=SHANGHAI) as stub:
        with refused() as refusal:
            create(stub, unit_id=HANGZHOU, effective_date="2026-03-09")
        assert refusal.fields == [("workPolicy.unitId", "UNKNOWN_UNIT")]
        with refused() as refusal:
            stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest(unit_id=HANGZHOU))
        assert refusal.reason == "NOT_FOUND"


def test_a_unit_may_be_named_in_capitals(field):
    unit = "00000000-0000-7000-8000-0000000000ab"
    with calling(field, unit=unit) as stub:
        created = create(stub, unit_id=unit.upper(), effective_date="2026-03-02", clock_in_deadline="09:00")
        found = stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest(unit_id=unit.upper()))
    assert (found.id, found.unit_id) == (created.id, unit)
    with calling(field, unit=unit, scope=Scope.SELF) as stub:
        own = stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest(unit_id=unit.upper()))
    assert own.id == created.id


def test_the_list_pages_by_unit_and_date_inside_the_scope(field):
    with calling(field) as stub:
        for unit, day in [(SHANGHAI, "2026-04-01"), (SHANGHAI, "2026-03-02"), (EAST, "2026-03-02")]:
            create(stub, unit_id=unit, effective_date=day)
    with calling(field, unit=SHANGHAI) as stub:
        first = stub.ListWorkPolicies(pb.ListWorkPoliciesRequest(page_size=1))
        rest = stub.ListWorkPolicies(
            pb.ListWorkPoliciesRequest(page_size=1, page_token=first.next_page_token)
        )
    assert [item.effective_date for item in first.work_policies] == ["2026-03-02"]
    assert [item.effective_date for item in rest.work_policies] == ["2026-04-01"]
    assert rest.next_page_token == ""


def test_a_person_without_a_team_sees_the_policy_they_work_under(field):
    with calling(field, unit=SHANGHAI, scope=Scope.SELF) as stub:
        assert stub.GetEffectiveWorkPolicy(pb.GetEffectiveWorkPolicyRequest()).clock_in_deadline == "08:30"
        assert not stub.ListWorkPolicies(pb.ListWorkPoliciesRequest()).work_policies


def test_a_unit_that_was_merged_takes_no_policy(field, database, refused):
    row = {"kind": "DISTRICT", "code": "", "version": 1}
    with database.begin() as connection:
        store_newer(connection, units, [{"id": EAST, "parent_id": None, **row}])
        store_newer(connection, units, [{"id": SHANGHAI, "parent_id": EAST, "closed": True, **row}])
    with calling(field) as stub, refused() as refusal:
        create(stub, unit_id=SHANGHAI, effective_date="2026-03-09")
    assert refusal.reason == "UNIT_CLOSED"
