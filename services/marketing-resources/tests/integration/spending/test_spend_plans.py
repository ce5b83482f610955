from datetime import UTC, date, datetime

import pytest
from chassis.service.background import make_partitions
from google.type import money_pb2
from grpc import StatusCode
from journeyman.marketing.v1 import events_pb2
from journeyman.marketing.v1 import spend_plans_pb2 as pb
from sqlalchemy import event

PLAN = pb.SpendPlan
APRIL = date(2026, 4, 1)
OTHER_ID = "00000000-0000-7000-8000-00000000dead"


@pytest.fixture
def budget(world):
    return world.budget(100_000)


@pytest.fixture
def planner(world):
    return world.planner()


@pytest.mark.rule("R044")
def test_a_planner_drafts_a_plan_for_their_unit_R044(world, planner, budget, an_item):
    wanted = an_item(budget, 1_050, channel="JD", expected_effect="2000 orders", central_purchase=True)
    plan = planner.draft(wanted, an_item(budget, 1))
    assert (plan.applicant_id, plan.state, plan.step) == (planner.id, PLAN.STATE_DRAFT, 0)
    assert plan.month_start_date == "2026-03-01"
    first = plan.items[0]
    assert (first.amount.units, first.amount.nanos, first.channel) == (10, 500_000_000, "JD")
    assert (first.expected_effect, first.central_purchase) == ("2000 orders", True)
    assert planner.plan(plan) == plan
    assert world.balances(budget) == (100_000, 0, 0, 0)


def test_a_changed_draft_has_other_items_and_a_new_etag(planner, budget, an_item):
    plan = planner.draft(an_item(budget, 10), an_item(budget, 20))
    changed = planner.rewrite(plan, an_item(budget, 30), title="Less", etag=plan.etag)
    assert [found.amount.nanos for found in changed.items] == [300_000_000]
    assert changed.title == "Less"
    assert changed.items[0].id not in {found.id for found in plan.items}
    assert planner.plan(plan) == changed
    assert changed.etag != plan.etag


def test_a_change_leaves_what_it_does_not_name(planner, budget, an_item):
    plan = planner.draft(an_item(budget, 10), title="First")
    renamed = planner.change(plan, title="Second")
    assert (renamed.title, renamed.items) == ("Second", plan.items)
    dearer = planner.change(plan, items=[an_item(budget, 20)])
    assert (dearer.title, dearer.items[0].amount.nanos) == ("Second", 200_000_000)
    masked = planner.change(plan, "title", title="Third", items=[an_item(budget, 30)])
    assert (masked.title, masked.items) == ("Third", dearer.items)
    assert planner.change(plan, "items").items == []
    assert planner.plan(plan).title == "Third"


@pytest.mark.parametrize("path", ["state", "items.amount", "nonsense", "month_start_date"])
def test_what_no_change_changes_is_refused(quiet, refusal, path):
    planner = quiet.planner()
    refused = refusal(lambda: planner.change(planner.draft(), path))
    assert refused.fields == (("updateMask", "NOT_UPDATABLE"),)


def test_a_plan_that_has_changed_is_not_changed_blindly(planner, budget, an_item, refusal):
    plan = planner.draft(an_item(budget, 10))
    planner.rewrite(plan, an_item(budget, 20))
    stale = [("if-match", plan.etag)]
    refused = [
        refusal(lambda: planner.rewrite(plan, an_item(budget, 30), etag=plan.etag)),
        refusal(lambda: planner.submit(plan, metadata=stale)),
    ]
    submitted = planner.submit(plan)
    refused.append(refusal(lambda: planner.withdraw(plan, metadata=stale)))
    assert {each.reason for each in refused} == {"ETAG_MISMATCH"}
    assert planner.withdraw(plan, metadata=[("if-match", submitted.etag)]).state == PLAN.STATE_DRAFT


@pytest.mark.rule("R040")
def test_a_submitted_plan_holds_its_money_and_waits_for_the_marketing_centre_R040(
    world, planner, budget, an_item, steps
):
    second = world.budget(5_000)
    plan = planner.submitted(an_item(budget, 700), an_item(second, 5_000), an_item(budget, 300))
    assert (plan.state, plan.step) == (PLAN.STATE_IN_REVIEW, steps.STEP_MARKETING_CENTRE)
    assert plan.submit_time.ToDatetime(UTC) == world.clock.now()
    (task,) = plan.approval_tasks
    assert (task.step, task.submission, task.spend_plan_id) == (steps.STEP_MARKETING_CENTRE, 1, plan.id)
    assert world.balances(budget) == (99_000, 1_000, 0, 0)
    assert world.balances(second) == (0, 5_000, 0, 0)
    assert world.moves(budget)[1:] == [("RESERVE", 700), ("RESERVE", 300)]


def test_a_plan_beyond_its_budget_is_refused_with_all_its_items(world, planner, budget, an_item, refusal):
    small = world.budget(5_000)
    plan = planner.draft(an_item(budget, 100), an_item(small, 4_000), an_item(small, 1_001))
    refused = refusal(lambda: planner.submit(plan))
    assert (refused.status, refused.reason) == (StatusCode.FAILED_PRECONDITION, "BUDGET_EXCEEDED")
    assert all(word in refused.words for word in (small, "50.00 CNY", "50.01 CNY"))
    assert world.moves(budget) == [("GRANT", 100_000)]
    assert world.moves(small) == [("GRANT", 5_000)]
    assert planner.plan(plan) == plan


def test_the_last_fen_of_a_budget_can_be_planned(world, planner, an_item):
    small = world.budget(5_000)
    planner.submitted(an_item(small, 4_999), an_item(small, 1))
    assert world.balances(small) == (0, 5_000, 0, 0)


def test_a_withdrawn_plan_gives_its_money_back_and_can_be_submitted_anew(
    world, planner, budget, an_item, steps
):
    plan = planner.submitted(an_item(budget, 700), an_item(budget, 300))
    withdrawn = planner.withdraw(plan)
    assert (withdrawn.state, withdrawn.step) == (PLAN.STATE_DRAFT, 0)
    assert world.balances(budget) == (100_000, 0, 0, 0)
    planner.rewrite(plan, an_item(budget, 200))
    again = planner.submit(plan)
    assert [(task.submission, task.state) for task in again.approval_tasks] == [(1, 4), (2, 1)]
    assert world.balances(budget) == (99_800, 200, 0, 0)


@pytest.mark.parametrize("stage", ["in review", "approved"])
def test_only_a_draft_is_changed_or_submitted(world, planner, budget, an_item, refusal, stage):
    if stage == "approved":
        plan = world.approved(an_item(budget, 10), planner=planner)
    else:
        plan = planner.submitted(an_item(budget, 10))
    before = planner.plan(plan)
    changing = refusal(lambda: planner.rewrite(plan, an_item(budget, 20)))
    submitting = refusal(lambda: planner.submit(plan))
    for refused in (changing, submitting):
        assert (refused.status, refused.reason) == (StatusCode.FAILED_PRECONDITION, "PLAN_NOT_DRAFT")
    assert planner.plan(plan) == before


@pytest.mark.parametrize("stage", ["draft", "approved"])
def test_only_a_plan_in_review_is_withdrawn(world, planner, budget, an_item, refusal, stage):
    if stage == "approved":
        plan = world.approved(an_item(budget, 10), planner=planner)
    else:
        plan = planner.draft(an_item(budget, 10))
    balances = world.balances(budget)
    refused = refusal(lambda: planner.withdraw(plan))
    assert (refused.status, refused.reason) == (StatusCode.FAILED_PRECONDITION, "PLAN_NOT_IN_REVIEW")
    assert world.balances(budget) == balances


def test_a_plan_without_items_is_not_submitted(planner, refusal):
    plan = planner.draft()
    refused = refusal(lambda: planner.submit(plan))
    assert (refused.status, refused.reason) == (StatusCode.FAILED_PRECONDITION, "PLAN_EMPTY")


def test_a_month_ends_at_midnight_in_shanghai(world, planner, budget, an_item, refusal):
    plan = planner.draft(an_item(budget, 10))
    world.clock.set(datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC))
    late = planner.draft(an_item(budget, 10))
    world.clock.set(datetime(2026, 3, 31, 16, tzinfo=UTC))
    for call in (
        lambda: planner.draft(an_item(budget, 10)),
        lambda: planner.rewrite(plan, an_item(budget, 20)),
        lambda: planner.submit(late),
    ):
        refused = refusal(call)
        assert (refused.status, refused.reason) == (StatusCode.FAILED_PRECONDITION, "MONTH_PASSED")


def test_a_plan_of_a_month_that_is_over_can_still_be_withdrawn(world, planner, budget, an_item):
    plan = planner.submitted(an_item(budget, 10))
    world.clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    planner.withdraw(plan)
    assert world.balances(budget) == (100_000, 0, 0, 0)


def test_a_retry_of_a_submission_with_its_key_gets_the_same_answer(world, planner, budget, an_item):
    make_partitions(world.database)
    plan = planner.draft(an_item(budget, 10))
    key = [("idempotency-key", "submit-1")]
    assert planner.submit(plan, metadata=key) == planner.submit(plan, metadata=key)
    assert world.balances(budget) == (99_990, 10, 0, 0)


def test_each_change_of_a_plan_is_told_once(world, planner, budget, an_item):
    plan = planner.draft(an_item(budget, 10))
    planner.rewrite(plan, an_item(budget, 20))
    planner.submit(plan)
    planner.withdraw(plan)
    facts = world.facts("marketing.spend_plan.changed", events_pb2.SpendPlanChanged)
    assert [(version, fact.state, fact.step) for version, fact in facts] == [
        (1, "DRAFT", ""),
        (2, "DRAFT", ""),
        (3, "IN_REVIEW", "MARKETING_CENTRE"),
        (4, "DRAFT", ""),
    ]
    assert {(fact.spend_plan_id, fact.applicant_id) for _, fact in facts} == {(plan.id, planner.id)}
    assert {(fact.unit_id, fact.month_start_date) for _, fact in facts} == {(plan.unit_id, "2026-03-01")}


def test_a_refused_submission_tells_nobody_anything(world, planner, an_item, refusal):
    plan = planner.draft(an_item(world.budget(5), 6))
    refusal(lambda: planner.submit(plan))
    assert len(world.facts("marketing.spend_plan.changed", events_pb2.SpendPlanChanged)) == 1
    (granted,) = world.facts("marketing.budget.changed", events_pb2.BudgetChanged)
    assert granted[1].available_minor_units == 5


def _request(budget, **fields):
    items = [pb.SpendPlanItem(**{"budget_id": budget, "amount": _money(100), "purpose": "Ads", **fields})]
    return pb.SpendPlan(month_start_date="2026-03-01", items=items)


def _money(units, nanos=0, currency="CNY"):
    return money_pb2.Money(currency_code=currency, units=units, nanos=nanos)


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"amount": _money(0)}, "amount", "AMOUNT_NOT_POSITIVE"),
        ({"amount": _money(-1)}, "amount", "AMOUNT_NOT_POSITIVE"),
        ({"amount": _money(0, 1)}, "amount", "NOT_MONEY"),
        ({"amount": _money(1, -1)}, "amount", "NOT_MONEY"),
        ({"amount": _money(2**63 - 1)}, "amount", "NOT_MONEY"),
        ({"amount": _money(1, currency="XYZ")}, "amount", "NOT_MONEY"),
        ({"amount": _money(1, currency="")}, "amount", "NOT_MONEY"),
        ({"amount": _money(1, currency="USD")}, "amount", "OTHER_CURRENCY"),
        ({"amount": None}, "amount", "REQUIRED"),
        ({"budget_id": "budget"}, "budgetId", "STRING_UUID"),
        ({"budget_id": ""}, "budgetId", "STRING_UUID_EMPTY"),
        ({"purpose": ""}, "purpose", "REQUIRED"),
        ({"purpose": " "}, "purpose", "REQUIRED"),
        ({"purpose": "x" * 501}, "purpose", "STRING_MAX_LEN"),
        ({"purpose": "a\0"}, "purpose", "STRING_STORABLE"),
        ({"channel": "a\0"}, "channel", "STRING_STORABLE"),
        ({"expected_effect": "a\0"}, "expectedEffect", "STRING_STORABLE"),
    ],
)
def test_a_bad_item_is_named_with_its_field(quiet, refusal, fields, where, reason):
    create = pb.CreateSpendPlanRequest(spend_plan=_request(quiet.budget(1), **fields))
    refused = refusal(lambda: quiet.planner().plans.CreateSpendPlan(create))
    assert refused.status is StatusCode.INVALID_ARGUMENT
    assert refused.fields == ((f"spendPlan.items[0].{where}", reason),)


@pytest.mark.parametrize(
    ("month", "reason"),
    [
        ("", "REQUIRED"),
        ("2026-02-30", "NO_SUCH_DATE"),
        ("0000-01-01", "NO_SUCH_DATE"),
        ("March", "STRING_CIVIL_DATE"),
        ("2026-03-02", "NOT_FIRST_OF_MONTH"),
    ],
)
def test_a_month_is_named_by_its_first_day(quiet, refusal, month, reason):
    refused = refusal(lambda: quiet.planner().draft(month=month))
    assert refused.fields == (("spendPlan.monthStartDate", reason),)


def test_a_budget_pays_for_months_of_its_period_only(world, planner, budget, an_item, refusal):
    quarter = world.budget(10, start=date(2026, 3, 1), end=date(2026, 5, 31))
    planner.draft(an_item(quarter, 1), month=date(2026, 5, 1))
    refused = refusal(lambda: planner.draft(an_item(quarter, 1), an_item(budget, 1), month=APRIL))
    assert refused.fields == (("spendPlan.items[1].budgetId", "OUTSIDE_BUDGET_PERIOD"),)
    refused = refusal(lambda: planner.draft(an_item(quarter, 1), month=date(2026, 6, 1)))
    assert refused.fields == (("spendPlan.items[0].budgetId", "OUTSIDE_BUDGET_PERIOD"),)


def test_items_that_are_more_than_a_ledger_holds_are_refused(planner, budget, an_item, refusal):
    most = 2**63 - 1
    refused = refusal(lambda: planner.draft(an_item(budget, most), an_item(budget, 1)))
    assert refused.fields == (("spendPlan.items[1].amount", "TOO_MUCH_TOGETHER"),)
    alone = planner.draft(an_item(budget, most))
    assert refusal(lambda: planner.submit(alone)).reason == "BUDGET_EXCEEDED"


def test_a_change_names_its_plan_and_leaves_the_month(planner, budget, an_item, refusal):
    plan = planner.draft(an_item(budget, 10))
    unnamed = pb.UpdateSpendPlanRequest(spend_plan=pb.SpendPlan(title="?"))
    refused = refusal(lambda: planner.plans.UpdateSpendPlan(unnamed))
    assert refused.fields == (("spendPlan.id", "REQUIRED"),)
    refused = refusal(lambda: planner.rewrite(plan, month_start_date="2026-04-01"))
    assert refused.fields == (("spendPlan.monthStartDate", "FIXED"),)
    refused = refusal(lambda: planner.rewrite(plan, etag="nonsense"))
    assert refused.fields == (("etag", "MALFORMED_ETAG"),)
    assert planner.rewrite(plan, month_start_date="2026-03-01").items == []


def test_ids_are_read_in_upper_case_too(planner, budget, an_item):
    plan = planner.draft(an_item(budget.upper(), 10))
    assert plan.items[0].budget_id == budget


def test_what_is_no_plan_is_not_found(quiet, refusal):
    planner = quiet.planner()
    missing = pb.SpendPlan(id=OTHER_ID)
    for call in (planner.plan, planner.submit, planner.withdraw, planner.rewrite):
        refused = refusal(lambda call=call: call(missing))
        assert (refused.status, refused.reason) == (StatusCode.NOT_FOUND, "NOT_FOUND")


def test_plans_are_listed_newest_first_page_by_page(planner, budget, an_item):
    plans = [planner.draft(an_item(budget, 10 + number), title=str(number)) for number in range(5)]
    for plan in plans:
        plan.items[0].purpose = ""  # GetSpendPlan has the texts
    newest = sorted(plans, key=lambda plan: plan.id, reverse=True)
    first = planner.list_plans(page_size=3)
    second = planner.list_plans(page_size=3, page_token=first.next_page_token)
    assert [*first.spend_plans, *second.spend_plans] == newest
    assert second.next_page_token == ""


def test_plans_are_filtered_by_unit_month_and_state(world, planner, budget, an_item):
    planner.draft()
    april = planner.draft(month=APRIL)
    submitted = planner.submitted(an_item(budget, 10))
    assert [plan.id for plan in planner.list_plans(month_start_date="2026-04-01").spend_plans] == [april.id]
    in_review = planner.list_plans(state=PLAN.STATE_IN_REVIEW).spend_plans
    assert [plan.id for plan in in_review] == [submitted.id]
    assert len(planner.list_plans(unit_id=submitted.unit_id).spend_plans) == 3
    assert planner.list_plans(unit_id=OTHER_ID).spend_plans == []


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"month_start_date": "2026-02-30"}, "monthStartDate", "NO_SUCH_DATE"),
        ({"state": 9}, "state", "ENUM_DEFINED_ONLY"),
        ({"unit_id": "x"}, "unitId", "STRING_UUID"),
        ({"page_size": -1}, "pageSize", "INT32_GTE"),
        ({"page_token": "x"}, "pageToken", "FOREIGN_PAGE_TOKEN"),
    ],
)
def test_a_bad_question_for_plans_is_refused(quiet, refusal, fields, where, reason):
    assert refusal(lambda: quiet.planner().list_plans(**fields)).fields == ((where, reason),)


def test_a_page_of_the_largest_plans_fits_into_a_message(quiet, an_item):
    planner, budget = quiet.planner(), quiet.budget(1)
    texts = {"purpose": "💰" * 500, "channel": "💰" * 100, "expected_effect": "💰" * 500}
    items = [an_item(budget, 1, **texts) for _ in range(100)]
    for _ in range(10):  # 4.4 MB
        planner.draft(*items, title="💰" * 200)
    page = planner.list_plans(page_size=10)
    assert {len(plan.items) for plan in page.spend_plans} == {100}
    assert {(item.budget_id, item.amount.nanos) for plan in page.spend_plans for item in plan.items} == {
        (budget, 10_000_000)
    }
    assert page.ByteSize() * 20 < 4 * 2**20  # so many more are on the largest page


def test_a_page_of_plans_takes_as_many_questions_as_one_plan(world, planner, budget, an_item):
    asked = []
    event.listen(
        world.database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2])
    )
    for _ in range(4):
        planner.draft(an_item(budget, 10), an_item(budget, 20))
    del asked[:]
    assert len(planner.list_plans().spend_plans) == 4
    assert len([statement for statement in asked if "spend_plan" in statement]) == 2
