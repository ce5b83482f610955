"""What holds for every service, seen from its composition root."""

from contextlib import closing

import pytest
from chassis.service import Runtime
from chassis.testing import DatabaseFactory
from customer.app import DEFINITION as CUSTOMER
from gateway.contracts import BACKEND_OF_PACKAGE, package_files
from gateway.identity.app import DEFINITION as IDENTITY
from marketing_resources.app import DEFINITION as MARKETING
from reporting.app import DEFINITION as REPORTING
from visit.app import DEFINITION as VISIT

from docs.generator.errors import SERVICES, error_tables

DEFINITIONS = {
    definition.name: definition for definition in (IDENTITY, CUSTOMER, VISIT, MARKETING, REPORTING)
}


@pytest.fixture(scope="module", params=DEFINITIONS)
def service(request, tmp_path_factory):
    """The name of a service and what it is made of."""
    definition = DEFINITIONS[request.param]
    with (
        closing(DatabaseFactory(definition.name, definition.migrations)) as made,
        made.database() as database,
    ):
        runtime = Runtime(definition.name, settings(definition, database, tmp_path_factory))
        yield definition.name, definition.build(runtime)
        runtime.database.close()


def settings(definition, database, folders):
    nowhere = "127.0.0.1:9"
    return definition.settings(
        database_url=database.runtime_url,
        redis_url=f"redis://{nowhere}",
        ops_listen=nowhere,
        state_folder=folders.mktemp("state"),
        identity_target=nowhere,
        customer_target=nowhere,
        visit_target=nowhere,
        marketing_target=nowhere,
        client_id=definition.name,
        client_secret="secret",
        files_folder=folders.mktemp("files"),
        files_url=f"http://{nowhere}",
        files_key="A" * 43 + "=",
    )


def test_a_service_answers_every_contract_of_its_package(service):
    name, parts = service
    package = next(package for package, owner in BACKEND_OF_PACKAGE.items() if owner == name)
    promised = {found for file in package_files(package) for found in file.services_by_name}
    answered = {servicer.contract.name for servicer in parts.servicers}
    assert promised <= answered
    assert "EventFeedService" in answered


def test_a_service_tells_all_its_errors_to_callers(service):
    name, parts = service
    documented = "marketing-resources" if name == "marketing" else name
    told = {error for table in error_tables(SERVICES[documented]) for error in table}
    assert {error.__name__ for error in told - set(parts.errors)} == set()


def test_a_service_that_owes_work_shows_its_progress(service):
    _, parts = service
    answered = {servicer.contract.name for servicer in parts.servicers}
    assert not parts.jobs or "OperationsService" in answered
