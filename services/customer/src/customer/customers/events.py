"""The facts about customers."""

from collections.abc import Mapping
from typing import Any

from chassis.outbox import Fact
from journeyman.customer.v1 import events_pb2

from customer.customers import rules

CREATED = "journeyman.customer.customer.created.v1"
UPDATED = "journeyman.customer.customer.updated.v1"


def created(row: Mapping[str, Any]) -> Fact:
    return _fact(CREATED, row)


def updated(row: Mapping[str, Any]) -> Fact:
    return _fact(UPDATED, row)


def _fact(type_: str, row: Mapping[str, Any]) -> Fact:
    data = events_pb2.CustomerChanged(
        customer_id=row["id"],
        unit_id=row["unit_id"],
        owner_id=row["owner_id"],
        channel_type=row["channel_type"],
        division_code=row["division_code"],
        active=row["state"] == rules.State.ACTIVE,
    )
    return Fact(type_, row["id"], row["version"], data)
