"""Visit's own copy of the customers: who looks after each, and whether anybody does."""

from visit.customers.errors import ERRORS
from visit.customers.feed import subscription
from visit.customers.known import CustomerNotFound, KnownCustomer, KnownCustomers

__all__ = ["ERRORS", "CustomerNotFound", "KnownCustomer", "KnownCustomers", "subscription"]
