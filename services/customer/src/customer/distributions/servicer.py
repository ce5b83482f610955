"""Answers CustomerDistributionService."""

from typing import Any

from chassis.access.people import demand_person
from chassis.errors import Conflict, NotFound
from chassis.pagination import page_of
from chassis.server.call import Call
from directory.tree import section_of
from journeyman.customer.v1 import distributions_pb2 as pb
from sqlalchemy import Row

from customer.customers import events
from customer.customers import store as customers
from customer.customers.ownership import Organisation
from customer.customers.sections import DISTRIBUTE
from customer.distributions import messages, rules, store
from customer.distributions.rules import Held, State
from directory import UnknownUser


class DistributionsServicer:
    contract = pb.DESCRIPTOR.services_by_name["CustomerDistributionService"]

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def get_customer_distribution(
        self, request: pb.GetCustomerDistributionRequest, call: Call
    ) -> pb.CustomerDistribution:
        return _rendered(
            _there(store.find(call.connection, request.customer_distribution_id, call.scope)), call
        )

    def list_customer_distributions(
        self, request: pb.ListCustomerDistributionsRequest, call: Call
    ) -> pb.ListCustomerDistributionsResponse:
        page = page_of(request, keys=1)
        named = pb.CustomerDistribution.State.Name(request.state)
        state = named.removeprefix("STATE_") if request.state else ""
        rows = store.read_page(call.connection, page, call.scope, state)
        shown, token = page.cut(rows, lambda row: (row.id,))
        items = store.items_of(call.connection, [row.id for row in shown])
        reach = call.reach(DISTRIBUTE)
        found = [messages.render(row, items[row.id], reach) for row in shown]
        return pb.ListCustomerDistributionsResponse(customer_distributions=found, next_page_token=token)

    def create_customer_distribution(
        self, request: pb.CreateCustomerDistributionRequest, call: Call
    ) -> pb.CustomerDistribution:
        demand_person(call.caller)
        wanted = sorted({id_.lower() for id_ in request.customer_ids})
        found = customers.within(call.connection, wanted, call.reach("customers.update"))
        if missing := [id_ for id_ in wanted if id_ not in found]:
            raise rules.CustomerNotFound(missing[0])
        units = {row["unit_id"] for row in found.values()}
        values = {
            "unit_id": call.caller.unit_id,
            "section_id": rules.demand_one_section([section_of(call.connection, unit) for unit in units]),
            "filed_by_id": call.caller.subject,
            "reason": request.reason,
            "wished_unit_id": request.wished_unit_id or None,
        }
        owners = {id_: row["owner_id"] for id_, row in found.items()}
        row = store.add(call.connection, values, owners, call.now)
        call.publish(messages.filed(row, len(owners)))
        call.changed(f"customerDistributions/{row.id}")
        return _rendered(row, call)

    def approve_customer_distribution(
        self, request: pb.ApproveCustomerDistributionRequest, call: Call
    ) -> pb.CustomerDistribution:
        demand_person(call.caller)
        owner_id = request.owner_id.lower()
        unit_id = self._unit_of(owner_id, call)
        row = _there(store.lock(call.connection, request.customer_distribution_id, call.scope))
        rules.demand_filed(row.state)
        if not customers.stay(call.connection, {owner_id: unit_id}):
            raise Conflict  # the owner has just moved
        chosen = _chosen(row, call)
        for customer in customers.give(call.connection, chosen, owner_id, unit_id, call.now):
            call.publish(events.updated(customer))
        store.note_distributed(call.connection, row.id, chosen)
        ends = {"owner_id": owner_id, "owner_unit_id": unit_id}
        return _closed(store.close(call.connection, row.id, State.APPROVED, call.now, **ends), call)

    def reject_customer_distribution(
        self, request: pb.RejectCustomerDistributionRequest, call: Call
    ) -> pb.CustomerDistribution:
        demand_person(call.caller)
        row = _there(store.lock(call.connection, request.customer_distribution_id, call.scope))
        rules.demand_filed(row.state)
        note = {"note": request.note}
        return _closed(store.close(call.connection, row.id, State.REJECTED, call.now, **note), call)

    def withdraw_customer_distribution(
        self, request: pb.WithdrawCustomerDistributionRequest, call: Call
    ) -> pb.CustomerDistribution:
        demand_person(call.caller)
        own = store.lock_own(call.connection, request.customer_distribution_id, call.caller.subject)
        row = _there(own)
        rules.demand_filed(row.state)
        call.changed(f"customerDistributions/{row.id}", ["state"])
        return _rendered(store.close(call.connection, row.id, State.WITHDRAWN, call.now), call)

    def _unit_of(self, owner_id: str, call: Call) -> str:
        """Return the unit of an owner who can look after customers. Raises UnknownUser."""
        for ask in (self._organisation.member, self._organisation.newest_member):
            member = ask(owner_id)
            if member.active and call.scope.covers(unit_id=member.unit_id, owner_id=None):
                return member.unit_id
        raise UnknownUser


def _there(row: Row[Any] | None) -> Row[Any]:
    if row is None:
        raise NotFound("customer distribution")
    return row


def _chosen(row: Row[Any], call: Call) -> list[str]:
    """Return the customers that go to the new owner; one outside the caller's reach stays."""
    held = [
        Held(
            customer_id=found["id"],
            filed_owner_id=found["filed_owner_id"],
            owner_id=found["owner_id"],
            section_id=section_of(call.connection, found["unit_id"]),
        )
        for found in store.lock_customers(call.connection, row.id)
        if call.scope.covers(unit_id=found["unit_id"], owner_id=None)
    ]
    return rules.to_distribute(held, row.section_id)


def _closed(row: Row[Any], call: Call) -> pb.CustomerDistribution:
    message = _rendered(row, call)
    if row.filed_by_id:
        call.publish(messages.decided(row, len(message.distributed_customer_ids)))
    call.changed(f"customerDistributions/{row.id}", ["state"])
    return message


def _rendered(row: Row[Any], call: Call) -> pb.CustomerDistribution:
    items = store.items_of(call.connection, [row.id])[row.id]
    return messages.render(row, items, call.reach(DISTRIBUTE))
