"""The whole platform, once for all tests of this folder: the root's conftest.py deals them to one worker."""

import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

import httpx
import pytest
from chassis.calendar import local_date
from demo_week.api import Api, timestamp
from demo_week.person import DISPLAY, FRONT, Person
from demo_week.phone import Phone
from demo_week.week import BusinessClock, choose_week, days_of
from local_stack.stack import Stack
from local_stack.state import temporary_folder

HERE = Path(__file__).parent
PASSWORD = "journeyman-demo"
LAST = "test_invented_requests.py"  # nobody can say what it leaves behind


@pytest.hookimpl(trylast=True)  # after the order has been made random
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path == HERE / LAST)


@pytest.fixture(scope="session")
def stack():
    with temporary_folder() as folder, Stack(folder) as running:
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


class Organisation:
    """Units and accounts that a test adds through the API, as the administrator."""

    def __init__(self, url, token):
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self.top = self.get("/v1/orgUnits", code="hq-group")["orgUnits"][0]["id"]

    def close(self):
        self._http.close()

    def get(self, path, **parameters):
        return self._done(self._http.get(path, params=parameters))

    def post(self, path, body):
        return self._done(self._http.post(path, json=body))

    def patch(self, path, body):
        return self._done(self._http.patch(path, json=body))

    def unit(self, code):
        """A new unit below the group's."""
        body = {"parentId": self.top, "kind": "KIND_DISTRICT", "code": code, "displayName": code}
        return self.post("/v1/orgUnits", body)["id"]

    def person(self, username, unit_id, **roles):
        """A new account of the unit, with roles and their scopes there; the password is everybody's."""
        user = {"username": username, "displayName": username, "unitId": unit_id}
        person = self.post("/v1/users", {"user": user, "password": PASSWORD})["id"]
        for code, scope in roles.items():
            assignment = {"roleCode": code, "unitId": unit_id, "scope": f"SCOPE_{scope}"}
            self.post(f"/v1/users/{person}/roleAssignments", assignment)
        return person

    @staticmethod
    def _done(answer):
        assert answer.status_code == 200, answer.text
        return answer.json()


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


class BusinessWeek:
    """A workweek that nobody else plans, and the clock that moves through it."""

    def __init__(self, clock):
        self._clock = clock
        self.days = days_of(choose_week(local_date(datetime.now(UTC) + timedelta(days=90)), lambda _: False))

    def at(self, day, hour, minute=0):
        """It is this time in Shanghai now, on a day of the week from 0, which may lie before it."""
        self._clock.set(self.days[0] + timedelta(days=day), wall_time(hour, minute))

    def now(self):
        return self._clock.now()


@pytest.fixture(scope="module")
def week(stack):
    clock = BusinessClock(stack.clock_file)
    yield BusinessWeek(clock)
    clock.back_to_real_time()


PLACE = {"location": {"latitude": 31.2, "longitude": 121.5}, "datum": "DATUM_WGS84"}
COLUMNS = [{"column": "name", "field": "name"}]


@dataclass
class Branch:
    """A unit with its people, what they look after, and what they did on the Monday of a week.

    Attributes:
        strong: holds every permission in this unit, and nothing outside.
        mark: stands in every name that is given here, and nowhere else.
        ids: of everything that is here, by the name of the field that holds it.
    """

    mark: str
    unit_id: str
    manager: Api
    strong: Api
    rep: Person
    ids: dict[str, str] = field(default_factory=dict)
    customers: list[dict] = field(default_factory=list)

    @property
    def traces(self):
        """What tells of this branch wherever it is seen."""
        customers = {customer["id"] for customer in self.customers}
        return {self.mark, *self.ids.values(), *customers}

    def plan(self, week):
        """The representative's plan of this week, submitted in time, and a draft of the next."""
        week.at(-1, 19)
        for letter in "ABC":
            body = {"name": f"{self.mark} {letter}", "position": PLACE, "contactName": self.mark}
            self.customers.append(self.rep.api.post("/v1/customers", body))
        first, second, third = self.customers
        self.rep.routes = [[first, second], [second], [third], [], []]
        self.rep.draft_plan([day + timedelta(days=7) for day in week.days])
        self.ids["draft_id"] = self.rep.plan["id"]
        self.rep.draft_plan(week.days)
        self.rep.submit_plan()
        self.ids["visit_plan_id"] = self.rep.plan["id"]
        self.ids["stop_id"] = self.rep.plan["stops"][0]["id"]

    def work(self, week):
        """A Monday: late, tracked, with a visit and its photos."""
        week.at(0, 9)
        api = self.rep.api
        place = (PLACE["location"]["latitude"], PLACE["location"]["longitude"])
        self.rep.clock_in(week.days[0], place, is_late=True)
        self.ids["attendance_day_id"] = self.rep.attendance[week.days[0]]["id"]
        point = {"capturedTime": timestamp(week.now()), "position": PLACE}
        api.post("/v1/tracks:append", {"deviceId": self.mark, "points": [point]})
        visit_id = self.ids["visit_id"] = self.rep.open_visit(self.customers[0], is_planned=True)
        self.rep.check_shop(visit_id, week.now())
        self.rep.take_photos(visit_id, (FRONT, DISPLAY), week.now())
        self.rep.leave_shop(visit_id, is_valid=True)
        self.ids["photo_id"] = api.get(f"/v1/visits/{visit_id}")["photos"][0]["id"]
        (violation,) = api.get("/v1/violations")["violations"]
        self.ids["violation_id"] = violation["id"]

    def bring_in(self):
        """An import by the manager: its upload and its operation."""
        content = f"name\n{self.mark} import\n".encode()
        begun = {"sizeBytes": len(content), "contentType": "text/csv"}
        upload = self.manager.post("/v1/customers:beginImportUpload", begun)
        self.manager.upload(upload["uploadUrl"], content, "text/csv")
        request = {"uploadId": upload["uploadId"], "columns": COLUMNS}
        self.ids["upload_id"] = upload["uploadId"]
        self.ids["operation_id"] = self.manager.post("/v1/customers:import", request)["operationId"]

    def is_in(self):
        operation = self.manager.get(f"/v1/operations/{self.ids['operation_id']}")
        return operation["state"] == "STATE_SUCCEEDED"


@pytest.fixture(scope="module")
def branches(url, organisation):
    """Founds a new branch: `branches(name)`."""
    opened = []

    def signed_in(username):
        opened.append(Api(url, username))
        return opened[-1], opened[-1].sign_in()

    def found(name):
        mark = f"{name}-{uuid.uuid4().hex[:8]}"
        unit_id = organisation.unit(mark)
        for role, scope in (("district_manager", "SUBTREE"), ("system_admin", "UNIT"), ("field_rep", "SELF")):
            organisation.person(f"{mark}.{role.replace('_', '-')}", unit_id, **{role: scope})
        (manager, boss), (strong, chief), (api, user) = (
            signed_in(f"{mark}.{role}") for role in ("district-manager", "system-admin", "field-rep")
        )
        branch = Branch(mark, unit_id, manager, strong, Person(api, 1, user, Phone(api, mark)))
        branch.ids |= {"unit_id": unit_id, "user_id": user["id"]}
        branch.ids |= {"manager_id": boss["id"], "strong_id": chief["id"]}
        return branch

    yield found
    for api in opened:
        api.__exit__(None, None, None)
