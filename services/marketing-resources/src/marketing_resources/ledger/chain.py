"""The chain of the ledger: every entry under a seal, as chassis.sealing says."""

from chassis.sealing import Chain

LEDGER = Chain(
    name="ledger",
    entries="ledger_entries",
    columns={
        "id": "entry.id::text",
        "budget_id": "entry.budget_id::text",
        "sequence": "entry.sequence",
        "unit_id": "entry.unit_id::text",
        "kind": "entry.kind",
        "amount": "entry.amount",
        "currency": "entry.currency",
        "available": "entry.available",
        "reserved": "entry.reserved",
        "committed": "entry.committed",
        "paid": "entry.paid",
        "spend_plan_id": "entry.spend_plan_id::text",
        "spend_plan_item_id": "entry.spend_plan_item_id::text",
        "subject": "entry.subject",
        "entered_at": "extract(epoch FROM entry.entered_at)::text",
    },
)
