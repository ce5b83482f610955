"""Who is told what about account changes."""

from typing import Any

from chassis.notices import raised
from chassis.outbox import Fact
from sqlalchemy import Row


def filed(change: "Row[Any]") -> Fact:
    """Tell the superiors that a change waits for them."""
    return _to_holders(change, "accountChanges.filed", "accountChanges.decide")


def approved(change: "Row[Any]") -> list[Fact]:
    """Tell who filed it, and those who carry it out."""
    return [
        _to_filer(change, "accountChanges.approved"),
        _to_holders(change, "accountChanges.toCarryOut", "accountChanges.carryOut"),
    ]


def rejected(change: "Row[Any]") -> Fact:
    return _to_filer(change, "accountChanges.rejected")


def carried_out(change: "Row[Any]") -> Fact:
    return _to_filer(change, "accountChanges.carriedOut")


def _to_filer(change: "Row[Any]", template: str) -> Fact:
    return raised(
        "identity",
        template,
        recipients=[change.filed_by],
        parameters=_parameters(change),
        resource=f"accountChanges/{change.id}",
        dedupe_key=f"{template}:{change.id}",
    )


def _to_holders(change: "Row[Any]", template: str, permission: str) -> Fact:
    return raised(
        "identity",
        template,
        permission=permission,
        unit_id=change.unit_id,
        parameters=_parameters(change),
        resource=f"accountChanges/{change.id}",
        dedupe_key=f"{template}:{change.id}",
    )


def _parameters(change: "Row[Any]") -> dict[str, object]:
    """Name the unit and the day; the person of a change that is planned is for those to see who open it."""
    return {"kind": change.kind, "unit": change.unit_id, "event_date": change.event_date}
