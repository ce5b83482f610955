"""The composition root of the customer service."""

from chassis.database.migrations import migrations_folder
from chassis.errors import Unavailable
from chassis.events import EventFeedServicer
from chassis.server.call import Call
from chassis.service import Parts, Runtime, ServiceDefinition
from directory.cache import Identity
from google.protobuf.message import Message
from journeyman.customer.v1 import customers_pb2

from customer.customers import errors as customers_errors
from customer.customers.servicer import CustomersServicer
from customer.settings import CustomerSettings
from directory import Directory, subscription


class CustomerServicer:
    """CustomerService, put together from the capabilities."""

    contract = customers_pb2.DESCRIPTOR.services_by_name["CustomerService"]

    def __init__(self, customers: CustomersServicer) -> None:
        self.get_customer = customers.get_customer
        self.list_customers = customers.list_customers
        self.create_customer = customers.create_customer
        self.update_customer = customers.update_customer
        self.begin_import_upload = self.import_customers = _not_yet


def _not_yet(_request: Message, _call: Call) -> Message:
    raise Unavailable


def parts(name: str, directory: Directory) -> Parts:
    """Return what the service is made of, over its directory."""
    return Parts(
        servicers=[CustomerServicer(CustomersServicer(directory)), EventFeedServicer(name)],
        tree=directory,
        errors=customers_errors.ERRORS,
        subscriptions=[subscription()],
    )


def build(runtime: Runtime) -> Parts:
    identity = Identity(runtime.channel("identity"))
    return parts(runtime.name, Directory(runtime.database, identity))


DEFINITION = ServiceDefinition(
    name="customer",
    migrations=migrations_folder(__file__),
    settings=CustomerSettings,
    build=build,
)
