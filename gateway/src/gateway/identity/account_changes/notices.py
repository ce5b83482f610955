"""Who is told what about account changes.

The words name unit and day. The person stands in them by id and only for who filed the change or takes over;
everybody else sees whose account it is who may open the change.
"""

from collections.abc import Iterable
from typing import Any

from chassis.outbox import Fact
from sqlalchemy import Row

from chassis import notices
from gateway.identity.account_changes.rules import State


def filed(change: "Row[Any]") -> Fact:
    """Tell the superiors that a change waits for them."""
    if change.filed_late:
        return _to_superiors("accountChanges.filedLate", change)
    return _to_superiors("accountChanges.filed", change)


def overdue(change: "Row[Any]") -> Fact:
    """R155: tell who decides, or who carries out what is decided, that the one working day has passed."""
    if change.state == State.FILED:
        return _to_superiors("accountChanges.overdue", change, passed_over=_concerned(change))
    return notices.raised(
        "identity",
        "accountChanges.overdueToCarryOut",
        permission="accountChanges.carryOut",
        unit_id=change.unit_id,
        passed_over=_concerned(change),
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"accountChanges.overdueToCarryOut:{change.id}",
    )


def _to_superiors(template: str, change: "Row[Any]", passed_over: Iterable[str] = ()) -> Fact:
    return notices.raised(
        "identity",
        template,
        permission="accountChanges.decide",
        unit_id=change.unit_id,
        passed_over=passed_over,
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"{template}:{change.id}",
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
    """Tell who filed it; why it was, stands in the change: free text is in no event."""
    return notices.raised(
        "identity",
        "accountChanges.rejected",
        recipients=[change.filed_by],
        parameters=_named(change) | {"user": change.user_id or ""},
        resource=_resource(change),
        dedupe_key=f"accountChanges.rejected:{change.id}",
    )


def carried_out(change: "Row[Any]") -> list[Fact]:
    """Tell who filed it, unless they have done it themselves, and who takes over from a leaver."""
    facts = []
    if change.filed_by != change.carried_out_by:
        facts.append(_to_filer_that_it_is_done(change))
    if change.successor_id:
        facts.append(_handed_over(change))
    return facts


def _to_filer_that_it_is_done(change: "Row[Any]") -> Fact:
    return notices.raised(
        "identity",
        "accountChanges.carriedOut",
        recipients=[change.filed_by],
        parameters=_named(change),
        resource=_resource(change),
        dedupe_key=f"accountChanges.carriedOut:{change.id}",
    )


def _handed_over(change: "Row[Any]") -> Fact:
    """Tell the successor, who need not be able to open the change: the notice leads to their customers."""
    return notices.raised(
        "identity",
        "accountChanges.handedOver",
        recipients=[change.successor_id],
        parameters={"user": change.user_id, "unit": change.unit_id},
        resource="customers",
        dedupe_key=f"accountChanges.handedOver:{change.id}",
    )


def _concerned(change: "Row[Any]") -> list[str]:
    """Return who may not act on the change."""
    filer = [change.filed_by] if change.state == State.FILED else []
    return [*filer, *([change.user_id] if change.user_id else [])]


def _named(change: "Row[Any]") -> dict[str, object]:
    return {"kind": change.kind, "unit": change.unit_id, "event_date": change.event_date}


def _resource(change: "Row[Any]") -> str:
    return f"accountChanges/{change.id}"
