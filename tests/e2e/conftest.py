"""The whole platform, once for all tests of this folder: the root's conftest.py deals them to one worker."""

from contextlib import closing
from pathlib import Path

import httpx
import pytest
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
