"""A row of an import file becomes the row of a customer, by the rules that hold for every new customer."""

from collections.abc import Mapping
from dataclasses import replace

from chassis.validation import validate
from journeyman.customer.v1 import customers_pb2
from journeyman.types.v1 import position_pb2

from customer.customers.messages import values_of
from customer.customers.ownership import Assigner, Organisation, Ownership, assign
from customer.customers.tables import Values
from customer.imports.plan import Plan
from customer.imports.rules import filled_fields, place_of
from directory import UnknownUnit, UnknownUser

_PLACE = {"latitude", "longitude"}


class RowReader:
    """Reads the rows of one batch. It asks for an owner once, not once a row.

    Attributes:
        units: the units of the owners whose customers go where their owner is.
    """

    def __init__(self, plan: Plan, organisation: Organisation) -> None:
        self._plan = plan
        self._organisation = organisation
        self._assigner = _now(plan.assigner, organisation)
        self.units: dict[str, str] = {}
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
                ownership = assign(self._organisation, self._assigner, owner_id, unit_id)
                self._known[asked] = ownership
                if not unit_id:
                    self.units[ownership.owner_id] = ownership.unit_id
            except (UnknownUser, UnknownUnit) as error:
                self._known[asked] = error
        known = self._known[asked]
        if isinstance(known, Exception):
            raise type(known)
        return known


def _now(assigner: Assigner, organisation: Organisation) -> Assigner:
    """Return the assigner in the unit of today: who imports may have moved since the import was accepted."""
    if not assigner.subject:
        return assigner
    return replace(assigner, unit_id=organisation.member(assigner.subject).unit_id)
