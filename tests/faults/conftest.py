"""A platform of this folder's own: the root's conftest.py deals its tests to one worker."""

import os
from datetime import UTC, date, datetime

import pytest
from chassis.clock import write_clock_file
from havoc.databases import Databases
from local_stack.stack import Stack
from local_stack.state import temporary_folder

WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai


@pytest.fixture(scope="session")
def stack():
    with temporary_folder() as folder, Stack(folder, durable=True) as running:
        write_clock_file(running.clock_file, WEDNESDAY)
        yield running


@pytest.fixture(scope="session")
def databases(stack):
    return Databases(stack)


@pytest.fixture(scope="session")
def seed():
    """Chosen anew for each run by the root's conftest.py, unless it is set."""
    return os.environ["JOURNEYMAN_FAULTS_SEED"]


@pytest.fixture(scope="session")
def today() -> date:
    return WEDNESDAY.date()
