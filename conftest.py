"""One PostgreSQL and one Valkey for a whole test run, whatever the number of its workers.

Tests find them by JOURNEYMAN_TEST_POSTGRES_URL (a superuser's) and JOURNEYMAN_TEST_REDIS_URL (a logical
database for each worker), through the fixtures of `chassis.testing`.
"""

import os
import secrets
from contextlib import ExitStack
from typing import Any

import pytest
from local_stack.postgres import embedded_postgres
from local_stack.state import temporary_folder
from local_stack.valkey import embedded_valkey
from xdist.scheduler import LoadScopeScheduling

import chassis  # noqa: F401 - see below
import directory  # noqa: F401 - see below
import gateway  # noqa: F401 - pytest's importlib mode takes the folder for the package unless it is loaded first

POSTGRES = "JOURNEYMAN_TEST_POSTGRES_URL"
REDIS = "JOURNEYMAN_TEST_REDIS_URL"
FAULTS_SEED = "JOURNEYMAN_FAULTS_SEED"
PLATFORM_TESTS = ("tests/e2e/", "tests/faults/", "gateway/tests/identity/single_sign_on/")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault(FAULTS_SEED, str(secrets.randbelow(10**6)))
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    if worker:
        server, _, _ = os.environ[REDIS].rpartition("/")
        os.environ[REDIS] = f"{server}/{int(worker.removeprefix('gw')) + 1}"


def pytest_report_header() -> str:
    return f"{FAULTS_SEED}={os.environ[FAULTS_SEED]}"


@pytest.hookimpl(tryfirst=True)  # xdist starts its workers in the same hook; they inherit the environment
def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    servers = ExitStack()
    session.config.add_cleanup(servers.close)
    folder = servers.enter_context(temporary_folder(in_memory=True))
    os.environ[POSTGRES] = servers.enter_context(embedded_postgres(folder)).superuser_url
    os.environ[REDIS] = servers.enter_context(embedded_valkey(folder))


class OnePlatform(LoadScopeScheduling):
    """Deals tests out one by one, but a folder that needs a running platform to one worker, which starts it.

    xdist's own groups do not reach its scheduler under pytest 9.2: the attribute it marks them in is gone.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in PLATFORM_TESTS if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OnePlatform:
    return OnePlatform(config, log)
