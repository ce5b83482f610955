"""Distributions as messages and notices."""

from collections.abc import Sequence
from typing import Any

from chassis.access import RowScope
from chassis.outbox import Fact
from journeyman.customer.v1 import distributions_pb2 as pb
from sqlalchemy import Row

from chassis import notices
from customer.customers.sections import DISTRIBUTE
from customer.distributions.rules import State


def render(row: Row[Any], its_items: Sequence[Row[Any]], distributes: RowScope) -> pb.CustomerDistribution:
    """Return the message; the new owner shows to those only who distribute over the owner's unit."""
    message = pb.CustomerDistribution(
        id=row.id,
        customer_ids=[item.customer_id for item in its_items],
        unit_id=row.unit_id,
        filed_by_id=row.filed_by_id or "",
        reason=row.reason,
        wished_unit_id=row.wished_unit_id or "",
        state=pb.CustomerDistribution.State.Value(f"STATE_{row.state}"),
        distributed_customer_ids=[item.customer_id for item in its_items if item.distributed],
        note=row.note,
    )
    if row.owner_id and distributes.covers(unit_id=row.owner_unit_id, owner_id=None):
        message.owner_id = row.owner_id
    message.create_time.FromDatetime(row.created_at)
    if row.closed_at:
        message.close_time.FromDatetime(row.closed_at)
    return message


def filed(row: Row[Any], count: int) -> Fact:
    """Tell group marketing that customers wait for it."""
    resource = f"customerDistributions/{row.id}"
    return notices.raised(
        "customer",
        "customerDistributions.filed",
        permission=DISTRIBUTE,
        unit_id=row.unit_id,
        parameters={"unit": row.unit_id, "count": count},
        resource=resource,
        dedupe_key=f"{resource}/filed",
    )


def decided(row: Row[Any], distributed: int) -> Fact:
    """Tell who filed it what group marketing decided; never who the customers went to."""
    resource = f"customerDistributions/{row.id}"
    if row.state == State.APPROVED:
        return notices.raised(
            "customer",
            "customerDistributions.approved",
            recipients=[row.filed_by_id or ""],
            parameters={"count": distributed},
            resource=resource,
            dedupe_key=f"{resource}/decided",
        )
    return notices.raised(
        "customer",
        "customerDistributions.rejected",
        recipients=[row.filed_by_id or ""],
        resource=resource,
        dedupe_key=f"{resource}/decided",
    )
