"""A row of an import file becomes the row of a customer, by the rules that hold for every new customer."""

from collections.abc import Mapping

from chassis.validation import validate
from journeyman.customer.v1 import customers_pb2
from journeyman.types.v1 import position_pb2

from customer.customers.messages import values_of
from customer.customers.ownership import Organisation, Ownership, assign
from customer.customers.tables import Values
from customer.imports.plan import Plan
from customer.imports.rules import filled_fields, place_of
from directory import UnknownUnit, UnknownUser

_PLACE = {"latitude", "longitude"}


class RowReader:
    """Reads the rows of one import. It asks for an owner once, not once a row."""

    def __init__(self, plan: Plan, organisation: Organisation) -> None:
        self._plan = plan
        self._organisation = organisation
        self._known: dict[tuple[str, str], Ownership | UnknownUser | UnknownUnit] = {}

    def values(self, cells: Mapping[str, str]) -> Values:
        """Return the columns of the customer. Raises what `customer.imports.rejects` has words for."""
        fields = filled_fields(cells, self._plan.mappings)
        given = self._message(fields)
        validate(customers_pb2.CreateCustomerRequest(customer=given))
        values = values_of(given)
        owner_id = (given.owner_id or self._plan.owner_id).lower()
        ownership = self._ownership(owner_id, given.unit_id.lower())
        return values | {"owner_id": ownership.owner_id, "unit_id": ownership.unit_id}

    def _message(self, fields: Mapping[str, str]) -> customers_pb2.Customer:
        customer = customers_pb2.Customer()
        for field in fields.keys() - _PLACE:
            setattr(customer, field, fields[field])
        place = place_of(fields)
        if place:
            location = customer.position.location
            location.latitude, location.longitude = place
            customer.position.datum = position_pb2.Datum.ValueType(self._plan.datum)
        return customer

    def _ownership(self, owner_id: str, unit_id: str) -> Ownership:
        asked = (owner_id, unit_id)
        if asked not in self._known:
            try:
                self._known[asked] = assign(self._organisation, self._plan.assigner, owner_id, unit_id)
            except (UnknownUser, UnknownUnit) as error:
                self._known[asked] = error
        known = self._known[asked]
        if isinstance(known, Exception):
            raise type(known)
        return known
