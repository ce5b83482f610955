"""Answers for customers."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from chassis.errors import FieldProblem, InvalidFields, NotFound, named_by
from chassis.field_masks import changed_fields
from chassis.pagination import page_of
from chassis.server.call import Call
from journeyman.customer.v1 import customers_pb2

from customer.customers import events, listing, store
from customer.customers.messages import MUTABLE, fill, rendered, values_of
from customer.customers.ownership import (
    OWNER_MISSING,
    Assigner,
    Organisation,
    Ownership,
    assign,
    followed,
    ownership_of,
)
from customer.customers.sections import demand_distribution
from customer.customers.tables import Values
from directory import UnitClosed, UnknownUnit, UnknownUser


@contextmanager
def _naming_fields() -> Iterator[None]:
    """Have a refusal of owner or unit say which field has named it."""
    with (
        named_by("customer.unitId", UnknownUnit, UnitClosed),
        named_by("customer.ownerId", UnknownUser),
    ):
        yield


class CustomersServicer:
    """The customer master's methods of CustomerService."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def get_customer(self, request: customers_pb2.GetCustomerRequest, call: Call) -> customers_pb2.Customer:
        row = store.get(call.raw, request.customer_id, call.scope)
        if row is None:
            raise NotFound("customer")
        customer = customers_pb2.Customer()
        fill(customer, row)
        return customer

    def list_customers(
        self, request: customers_pb2.ListCustomersRequest, call: Call
    ) -> customers_pb2.ListCustomersResponse:
        page, order = page_of(request), listing.order_of(request)
        rows = listing.find(call.raw, request, page, order, call.scope)
        shown, token = page.cut(rows, order.key)
        response = customers_pb2.ListCustomersResponse(next_page_token=token)
        for row in shown:
            fill(response.customers.add(), row)
        return response

    @_naming_fields()
    def create_customer(
        self, request: customers_pb2.CreateCustomerRequest, call: Call
    ) -> customers_pb2.Customer:
        given = request.customer
        values = values_of(given)
        ownership = assign(
            self._organisation, Assigner.of(call), given.owner_id.lower(), given.unit_id.lower()
        )
        values |= {"owner_id": ownership.owner_id, "unit_id": ownership.unit_id}
        row = store.new_row(values, call.now)
        call.write(store.creation(row))
        call.publish(events.created(row))
        call.changed(f"customers/{row['id']}")
        return rendered(row)

    @_naming_fields()
    def update_customer(
        self, request: customers_pb2.UpdateCustomerRequest, call: Call
    ) -> customers_pb2.Customer:
        given, fields = request.customer, _fields(request)
        ownership = self._ownership(given, fields, call)
        if ownership and "owner_id" in fields:  # who moves takes along what is theirs by then
            unit_id = store.hold(call.connection, ownership.owner_id)
            ownership = followed(ownership, Assigner.of(call), unit_id)
        moved, units = _moved(fields, ownership)
        wanted = values_of(given, fields) | moved
        row = store.lock(call.connection, given.id, call.scope)
        if row is None:
            raise NotFound("customer")
        call.demand_etag(given.etag, row["version"])
        changes = {column: value for column, value in wanted.items() if row[column] != value}
        if not changes.keys().isdisjoint({"unit_id", "owner_id"}):
            demand_distribution(call, row["unit_id"], units)
        if ownership and "owner_id" in changes:  # whoever owns it already may be away
            ownership.demand_active()
        call.changed(f"customers/{row['id']}", sorted(changes))
        if not changes:
            return rendered(row)
        changed = store.change(call.connection, row, changes, call.now)
        call.publish(events.updated(changed))
        return rendered(changed)

    def _ownership(
        self, given: customers_pb2.Customer, fields: tuple[str, ...], call: Call
    ) -> Ownership | None:
        """Return the new owner and unit, or None when neither changes."""
        owner_id = given.owner_id.lower() if "owner_id" in fields else ""
        unit_id = given.unit_id.lower() if "unit_id" in fields else ""
        if "owner_id" in fields and not owner_id:
            raise InvalidFields(OWNER_MISSING)
        if "unit_id" in fields and not unit_id and not owner_id:
            raise InvalidFields(_UNIT_MISSING)
        if not owner_id and not unit_id:
            return None
        return ownership_of(self._organisation, Assigner.of(call), owner_id, unit_id)


def _moved(fields: Collection[str], ownership: Ownership | None) -> tuple[Values, Collection[str]]:
    """Return what changes, and the units that the customer has to do with from then on.

    A new owner takes the customer into the own unit.
    """
    if ownership is None:
        return {}, ()
    if "owner_id" not in fields:
        return {"unit_id": ownership.unit_id}, (ownership.unit_id,)
    values = {"unit_id": ownership.unit_id, "owner_id": ownership.owner_id}
    return values, (ownership.unit_id, ownership.owner_unit_id)


_UNIT_MISSING = FieldProblem("customer.unitId", "UNIT_MISSING", "name a unit", "请指定组织单元")
_ID_MISSING = FieldProblem("customer.id", "REQUIRED", "name the customer", "请指定客户")


def _fields(request: customers_pb2.UpdateCustomerRequest) -> tuple[str, ...]:
    if not request.customer.id:
        raise InvalidFields(_ID_MISSING)
    return changed_fields(request.update_mask, request.customer, mutable=MUTABLE)
