"""What the seal of an entry says: a hash over the entry, its position, and the hash before it. Pure.

The hash is SHA-256 over the hash of the seal before (32 bytes; none for the first) followed by a JSON array
in UTF-8 without blanks: the position, then COLUMNS in their order. Numbers are numbers, ids in lower case,
what an entry has not is `null`, and `entered_at` is the text of the seconds since 1970 with six decimals. So
whoever has the entries can prove the ledger without this code.
"""

import json
from hashlib import sha256
from typing import Any

# Every column of an entry: one that were left out could be changed unseen.
COLUMNS = (
    "id",
    "budget_id",
    "sequence",
    "unit_id",
    "kind",
    "amount",
    "currency",
    "available",
    "reserved",
    "committed",
    "paid",
    "spend_plan_id",
    "spend_plan_item_id",
    "subject",
    "entered_at",
)
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def seal(before: bytes, position: int, entry: Any) -> bytes:
    """Return the hash of an entry, which has COLUMNS as attributes, behind a seal with the hash `before`."""
    values = [getattr(entry, name) for name in COLUMNS]
    return sha256(before + _text([position, *values]).encode()).digest()
