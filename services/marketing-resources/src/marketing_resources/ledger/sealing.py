"""The sealer: gives committed entries their positions and hashes, so that no writer waits for another's."""

from collections.abc import Sequence
from typing import Any

from chassis.database import Database
from sqlalchemy import Connection, Row, delete, insert, select, text, update

from marketing_resources.ledger.chain import seal
from marketing_resources.ledger.tables import ledger_head, ledger_seals, ledger_unsealed

BATCH = 1000

# What a seal is made of, with the names of chain.COLUMNS. The time is text, so that one that no datetime can
# hold is found as a change and is not an error of the reader.
SEALED = """
    entry.id::text, entry.budget_id::text, entry.sequence, entry.unit_id::text, entry.kind, entry.amount,
    entry.currency, entry.available, entry.reserved, entry.committed, entry.paid,
    entry.spend_plan_id::text, entry.spend_plan_item_id::text, entry.subject,
    extract(epoch FROM entry.entered_at)::text AS entered_at
"""
_HEAD = select(ledger_head.c.position, ledger_head.c.hash).with_for_update()
_WAITING = text(
    f"SELECT {SEALED} FROM ledger_unsealed JOIN ledger_entries entry ON entry.id = entry_id"  # noqa: S608 - columns
    " ORDER BY entry_id LIMIT :batch"
)


class Sealer:
    """Seals what is committed; one at a time by the lock on the head, whoever holds the lease.

    A batch is one transaction: one that stood still and goes on has lost it or ends it, and both leave the
    chain whole.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self) -> None:
        """Seal everything that waits."""
        while self.step() == BATCH:
            pass

    def step(self) -> int:
        """Seal a batch of the entries that wait, in the order of their ids. Returns how many."""
        with self._database.begin() as connection:
            # The lock is a statement of its own: the next one must see what the holder before has sealed.
            head = connection.execute(_HEAD).one()
            waiting = connection.execute(_WAITING, {"batch": BATCH}).all()
            if waiting:
                _chain(connection, head.position, head.hash, waiting)
        return len(waiting)


def _chain(connection: Connection, position: int, hash_: bytes, waiting: Sequence[Row[Any]]) -> None:
    seals = []
    for entry in waiting:
        position += 1
        hash_ = seal(hash_, position, entry)
        seals.append({"position": position, "entry_id": entry.id, "hash": hash_})
    ids = [entry.id for entry in waiting]
    connection.execute(insert(ledger_seals), seals)
    connection.execute(delete(ledger_unsealed).where(ledger_unsealed.c.entry_id.in_(ids)))
    connection.execute(update(ledger_head).values(position=position, hash=hash_))
