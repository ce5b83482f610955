"""The whole platform, once for all tests of this folder: the root's conftest.py deals them to one worker."""

import random
import time
import uuid
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import httpx
import pytest
from branches.branch import Branch
from branches.organisation import PASSWORD, Organisation
from branches.week import BusinessWeek
from demo_week.api import Api
from demo_week.person import Person
from demo_week.phone import Phone
from demo_week.week import BusinessClock
from local_stack.stack import Stack
from local_stack.state import temporary_folder

HERE = Path(__file__).parent
DECIDERS = ("hq.marketing", "hq.market", "hq.finance")
LAST = "test_invented_requests.py"  # nobody can say what it leaves behind


@pytest.hookimpl(trylast=True)  # after the order has been made random
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path == HERE / LAST)


@pytest.fixture(scope="session")
def stack():
    with temporary_folder(in_memory=True) as folder, Stack(folder) as running:
        yield running


@pytest.fixture(scope="session")
def url(stack):
    return stack.url("gateway")


@pytest.fixture(scope="session")
def token(url):
    """The administrator's access token."""
    body = {"username": "admin", "password": PASSWORD}
    answer = httpx.post(f"{url}/v1/auth/login", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["accessToken"]


@pytest.fixture
def client(url, token):
    """The gateway as the administrator sees it."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
        yield http


@pytest.fixture(scope="session")
def organisation(url, token):
    with closing(Organisation(url, token)) as made:
        yield made


@pytest.fixture(scope="session")
def sign_in(url):
    """Opens a session of an account and returns its access token."""
    with httpx.Client(base_url=url, timeout=30) as http:

        def signed_in(username):
            answer = http.post("/v1/auth/login", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            return answer.json()["accessToken"]

        yield signed_in


@pytest.fixture(scope="session")
def eventually():
    """Waits for a condition and returns what it gave."""

    def wait(condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline
            time.sleep(0.05)  # the pause between two looks at a condition
        return found

    return wait


@pytest.fixture(scope="module")
def week(stack):
    clock = BusinessClock(stack.clock_file)
    yield BusinessWeek(clock)
    clock.back_to_real_time()


@pytest.fixture(scope="session")
def found(url, organisation):
    """Founds a new branch: `found(name)`."""
    opened = ExitStack()

    def signed_in(username):
        api = opened.enter_context(Api(url, username))
        return api, api.sign_in()

    def branch_of(name):
        mark = f"{name}-{uuid.uuid4().hex[:8]}"
        unit_id = organisation.unit(mark)
        for role, scope in (("district_manager", "SUBTREE"), ("system_admin", "UNIT"), ("field_rep", "SELF")):
            organisation.person(f"{mark}.{role.replace('_', '-')}", unit_id, **{role: scope})
        (manager, boss), (strong, chief), (api, user) = (
            signed_in(f"{mark}.{role}") for role in ("district-manager", "system-admin", "field-rep")
        )
        latitude = round(random.uniform(25, 35), 6)
        branch = Branch(mark, unit_id, manager, strong, Person(api, 1, user, Phone(api, mark)), latitude)
        branch.ids |= {"unit_id": unit_id, "user_id": user["id"]}
        branch.ids |= {"manager_id": boss["id"], "strong_id": chief["id"]}
        return branch

    with opened:
        yield branch_of


@pytest.fixture(scope="session")
def deciders(url):
    """Who decides spend plans, in the order of the steps."""
    with ExitStack() as opened:
        people = [opened.enter_context(Api(url, username)) for username in DECIDERS]
        for person in people:
            person.sign_in()
        yield people


@pytest.fixture(scope="session")
def two_branches(found, organisation, deciders, stack, eventually):
    """Shanghai and Hangzhou, with the same week behind them."""
    week = BusinessWeek(BusinessClock(stack.clock_file))
    both = found("shanghai"), found("hangzhou")
    for branch in both:
        branch.plan(week)
        branch.bring_in()
        branch.ask()
        branch.reorganise(organisation, week)
        branch.file(organisation)
        branch.carry()
        branch.spend(week, organisation, deciders)
        policy = {"unitId": branch.unit_id, "effectiveDate": week.days[0].isoformat()}
        branch.ids["policy_id"] = organisation.post("/v1/workPolicies", policy)["id"]
    for branch in both:
        branch.work(week)
        eventually(branch.is_in)
        branch.review()
        eventually(branch.is_logged)
        eventually(branch.is_told)
    week.at(1, 9)
    for branch in both:
        eventually(partial(is_reported, branch, week))
    return both


def is_reported(branch, week):
    """Whether the reports have heard of a visit, of three customers and an imported one, and of a budget."""
    own = {"unitId": branch.unit_id}
    visits = branch.manager.get("/v1/reports/visits", **week.period, **own)["rows"]
    customers = branch.manager.get("/v1/reports/customers", **own, groupBy="GROUPING_UNIT")["rows"]
    budgets = branch.strong.get("/v1/reports/budgetProgress", **own)["rows"]
    counts = [[row["visitCount"] for row in visits], [row["activeCount"] for row in customers], len(budgets)]
    return counts == [[1], [4], 1]


@pytest.fixture(scope="module")
def here(two_branches, week):
    return on_tuesday(two_branches[0], week)


@pytest.fixture(scope="module")
def there(two_branches, week):
    return on_tuesday(two_branches[1], week)


def on_tuesday(branch, week):
    """The branch the morning after. Everybody signs in afresh: a token is good for a quarter of an hour."""
    week.at(1, 9)
    for api in branch.everybody.values():
        api.sign_in()
    return branch
