"""Keeps the local copy current from customer's events."""

from collections.abc import Sequence
from typing import Any

from chassis.events import Received, Subscription, store_newer
from journeyman.customer.v1.events_pb2 import CustomerChanged
from sqlalchemy import Connection

from visit.customers.tables import known_customers


def subscription() -> Subscription[CustomerChanged]:
    """Return the subscription by which visit follows the customers."""
    return Subscription("visit-customers", "customer", (CustomerChanged,), apply)


def apply(connection: Connection, received: Sequence[Received[CustomerChanged]]) -> None:
    """Take over customers; what is older than the copy is ignored."""
    rows = [_row(item.data, item.event.aggregate_version) for item in received]
    store_newer(connection, known_customers, rows)


def _row(data: CustomerChanged, version: int) -> dict[str, Any]:
    return {
        "id": data.customer_id,
        "unit_id": data.unit_id,
        "owner_id": data.owner_id or None,
        "active": data.active,
        "version": version,
    }
