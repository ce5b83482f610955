"""A person moves to another unit: facts stay where they were made, masters and open tasks follow."""

import pytest
from demo_week.api import Refused

MONDAY, TUESDAY, WEDNESDAY, FRIDAY = 0, 1, 2, 4


@pytest.fixture(scope="module")
def former(found, week, eventually):
    """The branch that is left, with a Monday's work."""
    branch = found("former")
    branch.plan(week)
    branch.work(week)
    eventually(lambda: customers_reported(branch) == len(branch.customers))
    return branch


@pytest.fixture(scope="module")
def new(found):
    return found("new")


@pytest.fixture(scope="module")
def monday_before(former, week, eventually):
    """What the former manager's reports say of Monday on the morning before the move.

    Until then the visit has arrived, and two violations: late in the morning, and silent after that.
    """
    week.at(TUESDAY, 8)
    eventually(lambda: told(former, week, "visitCount", "violationCount") == [1, 2])
    return reports_of_monday(former.manager, week)


@pytest.fixture(scope="module")
def moved(former, new, monday_before, week, organisation, eventually):
    """The representative moves on Tuesday in the middle of a visit, ends it, and makes another on Wednesday.

    Returns both visits.
    """
    rep = former.rep
    week.at(TUESDAY, 9)
    begun = rep.open_visit(former.customers[1], is_planned=True)
    week.at(TUESDAY, 10)
    organisation.patch(f"/v1/users/{rep.id}", {"unitId": new.unit_id})
    with pytest.raises(Refused) as refused:
        rep.api.get("/v1/me")
    assert refused.value.status == 401
    rep.api.sign_in()
    eventually(lambda: sees(new.manager, f"/v1/customers/{former.customers[0]['id']}"))
    eventually(lambda: sees(new.manager, f"/v1/visitPlans/{former.ids['visit_plan_id']}"))
    finish(rep, begun, week)
    week.at(WEDNESDAY, 9)
    later = rep.open_visit(former.customers[2], is_planned=True)
    finish(rep, later, week)
    week.at(FRIDAY, 20)
    return begun, later


def finish(rep, visit_id, week):
    rep.check_shop(visit_id, week.now())
    rep.leave_shop(visit_id, is_valid=False)


def sees(api, path):
    try:
        api.get(path)
    except Refused as refused:
        if (refused.status, refused.reason) != (404, "NOT_FOUND"):
            raise
        return False
    return True


def period(week, first=MONDAY, last=FRIDAY):
    return {"fromDate": week.days[first].isoformat(), "toDate": week.days[last].isoformat()}


def told(branch, week, *figures):
    """What the manager's report of the week says."""
    rows = branch.manager.get("/v1/reports/visits", **period(week), groupBy="GROUPING_UNIT")["rows"]
    assert {row["unitId"] for row in rows} <= {branch.unit_id}
    return [row[name] for row in rows for name in figures]


def customers_reported(branch):
    rows = branch.manager.get("/v1/reports/customers", unitId=branch.unit_id)["rows"]
    return sum(row["activeCount"] for row in rows)


def reports_of_monday(api, week):
    monday = period(week, MONDAY, MONDAY)
    return [
        api.get(f"/v1/reports/{name}", **monday)["rows"] for name in ("visits", "attendance", "visitRanking")
    ]


FACTS = {
    "visit": "/v1/visits/{visit_id}",
    "photo": "/v1/photos/{photo_id}",
    "attendance day": "/v1/attendanceDays/{attendance_day_id}",
    "violation": "/v1/violations/{violation_id}",
}
LISTS_OF_FACTS = {
    "visits": "/v1/visits",
    "attendanceDays": "/v1/attendanceDays",
    "violations": "/v1/violations",
}


@pytest.mark.parametrize("path", FACTS.values(), ids=FACTS)
def test_a_fact_stays_with_the_unit_of_its_day(former, new, moved, path):
    assert sees(former.manager, path.format(**former.ids))
    assert not sees(new.manager, path.format(**former.ids))
    assert sees(former.rep.api, path.format(**former.ids))


@pytest.mark.parametrize(("plural", "path"), LISTS_OF_FACTS.items(), ids=LISTS_OF_FACTS)
def test_lists_of_facts_keep_the_unit_of_their_day(former, new, moved, plural, path):
    kept = former.manager.get(path, userId=former.rep.id)[plural]
    assert kept
    assert {fact["unitId"] for fact in kept} == {former.unit_id}
    assert former.unit_id not in {fact["unitId"] for fact in new.manager.get(path)[plural]}


def test_tracks_stay_with_the_unit_of_their_day(former, new, moved, week):
    asked = {"userId": former.rep.id, "onDate": week.days[MONDAY].isoformat()}
    assert len(former.manager.get("/v1/tracks", **asked)["points"]) == 1
    assert new.manager.get("/v1/tracks", **asked)["points"] == []


def test_customers_follow_their_owner(former, new, moved):
    for customer in former.customers:
        path = f"/v1/customers/{customer['id']}"
        assert sees(new.manager, path)
        assert not sees(former.manager, path)
        assert new.manager.get(path)["unitId"] == new.unit_id
    asked = {"query": former.mark}
    assert former.manager.get("/v1/customers", **asked)["customers"] == []
    found = new.manager.get("/v1/customers", **asked)["customers"]
    assert {customer["id"] for customer in found} == {customer["id"] for customer in former.customers}


def test_customers_count_for_the_new_unit(former, new, moved, eventually):
    eventually(lambda: customers_reported(new) == 3)
    eventually(lambda: customers_reported(former) == 0)


@pytest.mark.parametrize("plan", ["visit_plan_id", "draft_id"])
def test_open_plans_follow_their_person(former, new, moved, plan):
    path = f"/v1/visitPlans/{former.ids[plan]}"
    assert sees(new.manager, path)
    assert new.manager.get(path)["unitId"] == new.unit_id
    assert not sees(former.manager, path)
    assert former.manager.get("/v1/visitPlans")["visitPlans"] == []
    assert sees(former.rep.api, path)


def test_a_visit_belongs_to_the_unit_in_which_it_began(former, new, moved):
    begun, later = (f"/v1/visits/{visit_id}" for visit_id in moved)
    assert (sees(former.manager, begun), sees(new.manager, begun)) == (True, False)
    assert (sees(former.manager, later), sees(new.manager, later)) == (False, True)


def test_the_account_is_the_new_managers(former, new, moved):
    path = f"/v1/users/{former.rep.id}"
    assert sees(new.manager, path)
    assert not sees(former.manager, path)


def test_reports_say_of_the_day_before_what_they_said(former, new, monday_before, moved, week):
    assert all(monday_before)
    assert reports_of_monday(former.manager, week) == monday_before
    assert not [
        row for rows in reports_of_monday(new.manager, week) for row in rows if row["userId"] == former.rep.id
    ]


def test_what_comes_after_counts_for_the_new_unit(former, new, moved, week, eventually):
    """Of the stops, Monday's two and the one that had begun on Tuesday stay; Wednesday's goes along."""
    figures = "plannedCount", "visitedStopCount", "visitCount"
    eventually(lambda: told(former, week, *figures) == [3, 2, 2])
    eventually(lambda: told(new, week, *figures) == [1, 1, 1])
