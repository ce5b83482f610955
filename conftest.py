"""One PostgreSQL and one Valkey for a whole test run, whatever the number of its workers.

Tests find them by JOURNEYMAN_TEST_POSTGRES_URL (a superuser's) and JOURNEYMAN_TEST_REDIS_URL (a logical
database for each worker), through the fixtures of `chassis.testing`.
"""

import os
from contextlib import ExitStack

import pytest
from local_stack.postgres import embedded_postgres
from local_stack.state import temporary_folder
from local_stack.valkey import embedded_valkey

import chassis  # noqa: F401 - see below
import directory  # noqa: F401 - see below
import gateway  # noqa: F401 - pytest's importlib mode takes the folder for the package unless it is loaded first

POSTGRES = "JOURNEYMAN_TEST_POSTGRES_URL"
REDIS = "JOURNEYMAN_TEST_REDIS_URL"


def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    if worker:
        server, _, _ = os.environ[REDIS].rpartition("/")
        os.environ[REDIS] = f"{server}/{int(worker.removeprefix('gw')) + 1}"


@pytest.hookimpl(tryfirst=True)  # xdist starts its workers in the same hook; they inherit the environment
def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    servers = ExitStack()
    session.config.add_cleanup(servers.close)
    folder = servers.enter_context(temporary_folder())
    os.environ[POSTGRES] = servers.enter_context(embedded_postgres(folder)).superuser_url
    os.environ[REDIS] = servers.enter_context(embedded_valkey(folder))
