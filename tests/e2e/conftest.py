"""The whole platform, once for all tests of this folder: the root's conftest.py deals them to one worker."""

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
