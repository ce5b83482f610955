"""Keeps the read model of customers current from customer's events."""

from collections.abc import Sequence
from typing import Any

from chassis.events import Received, store_newer
from journeyman.customer.v1 import events_pb2
from sqlalchemy import Connection

from reporting.customers.tables import customers


def apply(connection: Connection, received: Sequence[Received[events_pb2.CustomerChanged]]) -> None:
    """Take over customers; what is older than the copy is ignored."""
    rows = [_customer(item.data, item.event.aggregate_version) for item in received]
    store_newer(connection, customers, rows)


def _customer(customer: events_pb2.CustomerChanged, version: int) -> dict[str, Any]:
    return {
        "id": customer.customer_id,
        "version": version,
        "unit_id": customer.unit_id,
        "user_id": customer.owner_id,
        "active": customer.active,
    }
