"""The customers as visit knows them, with a question to customer about those it has not heard of yet."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import grpc
from chassis.access import RowScope
from chassis.database import Database
from chassis.errors import Unavailable
from journeyman.customer.v1 import customers_pb2, customers_pb2_grpc
from sqlalchemy import any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from visit.customers.tables import known_customers

READ_THROUGH_SECONDS = 0.3
READ_THROUGH_SECONDS_TOGETHER = 2.0


class CustomerNotFound(Exception):
    """There is no such customer, nobody looks after it any more, or the caller does not reach it."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(customer_id)
        self.customer_id = customer_id


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer as far as a visit needs to know: who looks after it, and whether anybody does."""

    unit_id: str
    owner_id: str
    active: bool

    def may_be_visited(self, scope: RowScope) -> bool:
        """Tell whether it is looked after, in the scope."""
        return self.active and scope.covers(unit_id=self.unit_id, owner_id=self.owner_id)


class KnownCustomers:
    """Finds customers in the local copy, else at customer.

    Args:
        database: holds the copy.
        channel: to customer, with the machine's token.
    """

    def __init__(self, database: Database, channel: grpc.Channel) -> None:
        self._database = database
        self._stub = customers_pb2_grpc.CustomerServiceStub(channel)

    def demand(self, ids: Iterable[str], scope: RowScope) -> None:
        """Raise CustomerNotFound unless every customer is looked after and in the scope.

        Ask before the call's transaction is opened: a question may go over the network. Raises Unavailable
        when a customer cannot be asked about now and by what is known here may not be visited.

        Nobody is refused by the copy alone: the customer may have changed hands a moment ago, and a refusal
        takes as long for a customer that exists as for one that does not.
        """
        wanted = sorted(set(ids))
        known = self._copied(wanted)
        give_up_at = time.monotonic() + READ_THROUGH_SECONDS_TOGETHER
        for customer_id in wanted:
            copied = known.get(customer_id)
            if copied and copied.may_be_visited(scope):
                continue
            if not self._ask(customer_id, give_up_at).may_be_visited(scope):
                raise CustomerNotFound(customer_id)

    def _copied(self, ids: list[str]) -> dict[str, KnownCustomer]:
        listed = literal(ids, ARRAY(UUID(as_uuid=False)))
        query = select(known_customers).where(known_customers.c.id == any_(listed))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {row.id: KnownCustomer(row.unit_id, row.owner_id or "", row.active) for row in rows}

    def _ask(self, customer_id: str, give_up_at: float) -> KnownCustomer:
        seconds = min(READ_THROUGH_SECONDS, give_up_at - time.monotonic())
        if seconds <= 0:
            raise Unavailable
        request = customers_pb2.GetCustomerRequest(customer_id=customer_id)
        try:
            customer = self._stub.GetCustomer(request, timeout=seconds)
        except grpc.RpcError as error:
            code = error.code() if isinstance(error, grpc.Call) else None
            if code is grpc.StatusCode.NOT_FOUND:
                raise CustomerNotFound(customer_id) from None
            raise Unavailable from None
        active = customer.state == customers_pb2.Customer.STATE_ACTIVE
        return KnownCustomer(customer.unit_id, customer.owner_id, active)
