import pytest
from chassis.database.migrations import migrations_folder
from chassis.testing import DatabaseFactory
from visit import app


@pytest.fixture(scope="session")
def databases():
    factory = DatabaseFactory("visit", migrations_folder(app.__file__))
    yield factory
    factory.close()


@pytest.fixture
def database(databases):
    with databases.database() as made:
        opened = made.open()
        yield opened
        opened.close()
