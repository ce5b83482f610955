"""Ledger entries and what is wrong with them, as protobuf."""

from typing import Any

from chassis.money import Money, to_proto
from chassis.sealing import Finding
from journeyman.marketing.v1 import ledger_pb2 as pb
from sqlalchemy import Row


def render(row: Row[Any]) -> pb.LedgerEntry:
    """Return an entry, with its seal where it has one."""

    def money(minor_units: int) -> Any:
        return to_proto(Money(minor_units, row.currency))

    entry = pb.LedgerEntry(
        id=row.id,
        budget_id=row.budget_id,
        unit_id=row.unit_id,
        kind=pb.LedgerEntry.Kind.Value(f"KIND_{row.kind}"),
        amount=money(row.amount),
        spend_plan_item_id=row.spend_plan_item_id or "",
        spend_plan_id=row.spend_plan_id or "",
        budget_sequence=row.sequence,
        available=money(row.available),
        reserved=money(row.reserved),
        committed=money(row.committed),
        paid=money(row.paid),
        subject=row.subject,
        position=row.position or 0,
        hash=row.hash.hex() if row.hash else "",
    )
    entry.entry_time.FromDatetime(row.entered_at)
    return entry


def render_finding(finding: Finding) -> pb.VerifyLedgerResponse.Finding:
    kind = pb.VerifyLedgerResponse.Finding.Kind.Value(f"KIND_{finding.kind}")
    return pb.VerifyLedgerResponse.Finding(kind=kind, id=finding.id, position=finding.position)
