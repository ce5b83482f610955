"""What can be wrong with sealed rows, and how it is found. Pure.

Rows are as `verification` reads them, each stretch from one snapshot of the database.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chassis.sealing.chain import Chain, seal


class Wrong(StrEnum):
    """What is wrong with a row or its seal. A service may find more in its rows, with kinds of its own."""

    CHANGED = "CHANGED"
    REMOVED = "REMOVED"
    INSERTED = "INSERTED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the id of what it is about where one is left, and the position sealed."""

    kind: StrEnum
    id: str = ""
    position: int = 0


def broken_seals(
    chain: Chain, rows: Sequence[Any], after: int, head: Any, *, at_head: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the seals behind position `after`.

    Each hash is compared with one made from the stored hash before it, so that one change is found once and
    not in everything behind it.

    Args:
        chain: what the rows are.
        rows: the seals with their entries (`id` None: there is none; `aged`: nor should there be), by
            position. They begin two positions earlier than they are judged: a changed hash is known by its
            own predecessor.
        after: the last position that was judged before.
        head: `head_position` and `head_hash`.
        at_head: whether `rows` reach the last seal.
    """
    position = 0
    hashes: tuple[bytes, ...] = (b"",)
    for row in rows:
        if row.position != position + 1:
            hashes = ()  # the seal before is gone, and with it what this one could be compared with
        made = [seal(chain, before, row.position, row) for before in hashes] if row.id else []
        if row.position > after:
            yield from _gone(max(position, after), row.position)
            if row.id is None and not row.aged:
                yield Finding(Wrong.REMOVED, row.entry_id, row.position)
            elif made and row.hash not in made:
                yield Finding(Wrong.CHANGED, row.id, row.position)
        position, hashes = row.position, _comparable(row.hash, made)
    if at_head:
        yield from _gone(max(position, after), head.head_position + 1)
        if position == head.head_position and head.head_hash not in hashes:
            yield Finding(Wrong.CHANGED, rows[-1].entry_id if rows else "", position)


def _gone(before: int, behind: int) -> Iterator[Finding]:
    for position in range(before + 1, behind):
        yield Finding(Wrong.REMOVED, position=position)


def _comparable(stored: bytes, made: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the hashes that the next seal may stand on: after a change, the one that should be there too."""
    return (stored,) if stored in made else (stored, *made[:1])
