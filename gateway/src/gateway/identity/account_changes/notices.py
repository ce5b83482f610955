"""Who is told what about account changes.

The words name unit and day, never the person: whose account it is, those see who may open the change.
"""

from typing import Any

from chassis.outbox import Fact
from sqlalchemy import Row

from chassis import notices


def filed(change: "Row[Any]") -> Fact:
    """Tell the superiors that a change waits for them."""
    return notices.raised(
        "identity",
        "accountChanges.filed",
        permission="accountChanges.decide",
        unit_id=change.unit_id,
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"accountChanges.filed:{change.id}",
    )


def approved(change: "Row[Any]") -> list[Fact]:
    """Tell who filed it, and those who carry it out."""
    to_filer = notices.raised(
        "identity",
        "accountChanges.approved",
        recipients=[change.filed_by],
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"accountChanges.approved:{change.id}",
    )
    to_those_who_carry_out = notices.raised(
        "identity",
        "accountChanges.toCarryOut",
        permission="accountChanges.carryOut",
        unit_id=change.unit_id,
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"accountChanges.toCarryOut:{change.id}",
    )
    return [to_filer, to_those_who_carry_out]


def rejected(change: "Row[Any]") -> Fact:
    return notices.raised(
        "identity",
        "accountChanges.rejected",
        recipients=[change.filed_by],
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"accountChanges.rejected:{change.id}",
    )


def carried_out(change: "Row[Any]") -> Fact:
    return notices.raised(
        "identity",
        "accountChanges.carriedOut",
        recipients=[change.filed_by],
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"accountChanges.carriedOut:{change.id}",
    )


def _named(change: "Row[Any]") -> dict[str, object]:
    return {"kind": change.kind, "unit": change.unit_id, "event_date": change.event_date}


def _resource(change: "Row[Any]") -> str:
    return f"accountChanges/{change.id}"
