"""What is sealed, and what a seal says: a hash over the row, its position, and the hash before it. Pure.

The hash is SHA-256 over the hash of the seal before (32 bytes; none for the first) followed by a JSON array
in UTF-8 without blanks: the position, then the columns in their order. Numbers are numbers, ids in lower
case, what a row has not is `null`, and a time is the text of the seconds since 1970 with six decimals. So
whoever has the rows can prove them without this code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Rows that are sealed one behind the other.

    Their seals stand beside them, for the rows are never updated: `<name>_seals`, the newest of them in
    `<name>_head`, and what waits for one in `<name>_unsealed`.

    Attributes:
        name: what the names of these tables begin with.
        entries: the table of the rows; its key is `id`.
        columns: every column of it, and how it is read from the alias `entry`: one that were left out could
            be changed unseen. A time is read as text, so that one that no datetime can hold is found as a
            change and is not an error of the reader.
        partitioned_by: the column that the table is partitioned by, if it is. Seals and what waits have it
            too, so that a row is looked for in one partition and not in all.
        aged: condition on `seal` that its row has been dropped for its age. A seal outlives its row, so that
            what follows it can still be proven.
    """

    name: str
    entries: str
    columns: Mapping[str, str]
    partitioned_by: str = ""
    aged: str = "false"

    @property
    def sealed(self) -> str:
        """The SQL that reads the columns, each under its name."""
        return ", ".join(f"{sql} AS {name}" for name, sql in self.columns.items())

    def join(self, alias: str) -> str:
        """Return the condition that joins `entry` to its seal, or to its place among what waits."""
        joined = f"entry.id = {alias}.entry_id"
        if self.partitioned_by:
            joined += f" AND entry.{self.partitioned_by} = {alias}.{self.partitioned_by}"
        return joined


def seal(chain: Chain, before: bytes, position: int, entry: Any) -> bytes:
    """Return the hash of an entry, which has the chain's columns as attributes, behind the hash `before`."""
    values = [getattr(entry, name) for name in chain.columns]
    return sha256(before + _text([position, *values]).encode()).digest()
