"""The composition root of the customer service."""

from chassis.clock import Clock
from chassis.database import Database
from chassis.database.migrations import migrations_folder
from chassis.errors import ErrorTable
from chassis.events import EventFeedServicer
from chassis.imports import errors as imports_errors
from chassis.search import SearchServicer
from chassis.service import Parts, Runtime, ServiceDefinition
from chassis.uploads.tables import TableFiles
from chassis.work import WorkServicer
from directory.cache import Identity
from journeyman.customer.v1 import customers_pb2

from chassis import operations
from customer.customers import errors as customers_errors
from customer.customers.search import Customers
from customer.customers.servicer import CustomersServicer
from customer.distributions import errors as distributions_errors
from customer.distributions.moves import FOLLOWERS
from customer.distributions.servicer import DistributionsServicer
from customer.distributions.work import FiledDistributions
from customer.imports.job import CustomerImportJob
from customer.imports.servicer import KIND, ImportsServicer
from customer.settings import CustomerSettings
from directory import Directory, subscription

NAME = "customer"
ERRORS: ErrorTable = {**customers_errors.ERRORS, **distributions_errors.ERRORS, **imports_errors.ERRORS}


class CustomerServicer:
    """CustomerService, put together from the capabilities."""

    contract = customers_pb2.DESCRIPTOR.services_by_name["CustomerService"]

    def __init__(self, customers: CustomersServicer, imports: ImportsServicer) -> None:
        self.get_customer = customers.get_customer
        self.list_customers = customers.list_customers
        self.create_customer = customers.create_customer
        self.update_customer = customers.update_customer
        self.begin_import_upload = imports.begin_import_upload
        self.import_customers = imports.import_customers


def parts(database: Database, clock: Clock, directory: Directory, files: TableFiles) -> Parts:
    """Return what the service is made of."""
    customers = CustomersServicer(directory)
    imports = ImportsServicer(NAME, directory, files)
    job = CustomerImportJob(
        database=database, clock=clock, organisation=directory, files=files, errors=ERRORS
    )
    return Parts(
        servicers=[
            CustomerServicer(customers, imports),
            DistributionsServicer(directory),
            WorkServicer([FiledDistributions()]),
            operations.OperationsServicer(NAME, ERRORS, files.download_link),
            EventFeedServicer(NAME),
            SearchServicer([Customers()]),
        ],
        tree=directory,
        errors=ERRORS,
        subscriptions=[subscription(FOLLOWERS)],
        jobs={KIND: job},
    )


def build(runtime: Runtime) -> Parts:
    settings = runtime.settings
    assert isinstance(settings, CustomerSettings)  # noqa: S101 - the definition names them
    directory = Directory(runtime.database, Identity(runtime.channel("identity")))
    files = TableFiles(settings.files_folder, settings.files_url, settings.files_key_bytes())
    return parts(runtime.database, runtime.clock, directory, files)


DEFINITION = ServiceDefinition(
    name=NAME,
    migrations=migrations_folder(__file__),
    settings=CustomerSettings,
    build=build,
)
