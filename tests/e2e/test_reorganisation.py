"""A unit moves on its day, and is merged on another: the scopes of every service and open work follow."""

import uuid

import pytest
from demo_week.api import Api, Refused

TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3


@pytest.fixture(scope="module")
def left(found, week):
    """A branch with customers and plans."""
    branch = found("left")
    branch.plan(week)
    branch.work(week)
    return branch


@pytest.fixture(scope="module")
def right(found):
    return found("right")


@pytest.fixture(scope="module")
def region(organisation, url):
    """A new region, and its manager."""
    mark = f"region-{uuid.uuid4().hex[:8]}"
    unit_id = organisation.unit(mark)
    organisation.person(mark, unit_id, regional_manager="SUBTREE")
    with Api(url, mark) as manager:
        manager.sign_in()
        yield unit_id, manager


@pytest.fixture(scope="module")
def moved(left, region, organisation, week, eventually):
    """The branch stands below the region from Wednesday on; returns what was seen then, and before.

    It is seen here, before the branch is merged: tests come in any order.
    """
    week.at(TUESDAY, 9)
    unit_id, manager = region
    path = f"/v1/orgUnits/{left.unit_id}:move"
    change = organisation.post(path, filed(week, WEDNESDAY, parentId=unit_id))
    before = [sees(manager, each) for each in things_of(left)]
    week.at(WEDNESDAY, 0, 5)
    eventually(lambda: applied(organisation, change))
    manager.sign_in()
    for path in things_of(left):
        eventually(lambda path=path: sees(manager, path))
    rows = eventually(lambda: manager.get("/v1/reports/customers", groupBy="GROUPING_UNIT")["rows"])
    return {
        "by the region before": before,
        "its parent": manager.get(f"/v1/orgUnits/{left.unit_id}")["parentId"],
        "customers by unit": [(row["unitId"], row["activeCount"]) for row in rows],
        "by its own manager": [sees(left.manager, path) for path in things_of(left)],
    }


@pytest.fixture(scope="module")
def merged(left, right, moved, organisation, week, eventually):
    """The branch is merged into the other one on Thursday."""
    week.at(WEDNESDAY, 20)
    path = f"/v1/orgUnits/{left.unit_id}:merge"
    change = organisation.post(path, filed(week, THURSDAY, intoUnitId=right.unit_id))
    week.at(THURSDAY, 0, 5)
    eventually(lambda: applied(organisation, change))
    refused = eventually(lambda: refusal_of(left.rep.api))
    for api in (*left.everybody.values(), *right.everybody.values()):
        api.sign_in()
    return refused.status


def filed(week, day, **target):
    return {**target, "effectiveDate": week.days[day].isoformat(), "reason": "new structure"}


def applied(organisation, change):
    return organisation.get(f"/v1/orgUnitChanges/{change['id']}")["state"] == "STATE_APPLIED"


def things_of(branch):
    """A fact and what follows its owner, of three services."""
    customer = f"/v1/customers/{branch.customers[0]['id']}"
    return customer, f"/v1/visitPlans/{branch.ids['visit_plan_id']}", f"/v1/visits/{branch.ids['visit_id']}"


def refusal_of(api):
    try:
        api.get("/v1/me")
    except Refused as refused:
        return refused
    return None


def sees(api, path):
    try:
        api.get(path)
    except Refused as refused:
        if (refused.status, refused.reason) != (404, "NOT_FOUND"):
            raise
        return False
    return True


def test_every_services_scope_follows_a_move_on_its_day(left, region, moved):
    unit_id, _ = region
    assert moved == {
        "by the region before": [False, False, False],
        "its parent": unit_id,
        "customers by unit": [(left.unit_id, 3)],
        "by its own manager": [True, True, True],
    }


def test_a_merge_refuses_the_tokens_of_the_people_concerned(merged):
    assert merged == 401


def test_people_customers_and_open_plans_follow_a_merge(left, right, merged, region, eventually):
    customer, plan, visit = things_of(left)
    for path in (customer, plan):
        eventually(lambda path=path: sees(right.manager, path))
        eventually(lambda path=path: right.manager.get(path)["unitId"] == right.unit_id)
    assert left.rep.api.get("/v1/me")["user"]["unitId"] == right.unit_id
    assert sees(left.manager, customer), "the former manager manages the unit that goes on"
    _, regional = region
    assert not sees(regional, customer)
    assert right.manager.get(visit)["unitId"] == left.unit_id, "a fact keeps the unit of its day"


def test_the_merged_unit_is_kept_closed_below_the_other(left, right, merged, organisation, week, eventually):
    closed = organisation.get(f"/v1/orgUnits/{left.unit_id}")
    assert (closed["state"], closed["parentId"]) == ("STATE_CLOSED", right.unit_id)
    policy = {"unitId": left.unit_id, "effectiveDate": week.days[4].isoformat()}
    customer = {"name": "x", "ownerId": left.rep.id, "unitId": left.unit_id}
    for path, body in (("/v1/workPolicies", policy), ("/v1/customers", customer)):
        assert eventually(lambda path=path, body=body: refusal(organisation, path, body)) == "UNIT_CLOSED"


def refusal(organisation, path, body):
    answer = organisation._http.post(path, json=body)
    return answer.json().get("reason", "") if answer.status_code != 200 else ""
