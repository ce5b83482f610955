"""The sealer: gives committed rows their positions and hashes, so that no writer waits for another's."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from chassis.database import Database
from chassis.sealing.chain import Chain, seal

BATCH = 1000


class Sealer:
    """Seals what is committed; one at a time by the lock on the head, whoever holds the lease.

    A batch is one transaction: one that stood still and goes on has lost it or ends it, and both leave the
    chain whole.
    """

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain
        name = chain.name
        partition = f", {chain.partitioned_by}" if chain.partitioned_by else ""
        # The names in these statements are constants of the program.
        self._lock = text(f"SELECT position, hash FROM {name}_head FOR UPDATE")  # noqa: S608
        self._waiting = text(
            f"SELECT {chain.sealed} FROM {name}_unsealed waiting"  # noqa: S608
            f" JOIN {chain.entries} entry ON {chain.join('waiting')} ORDER BY waiting.entry_id LIMIT :batch"
        )
        # The partition comes from the place in the line, which leaves it: one statement for a whole batch.
        self._insert = text(
            f"WITH sealed AS (DELETE FROM {name}_unsealed WHERE entry_id = ANY(CAST(:ids AS uuid[]))"  # noqa: S608
            f" RETURNING entry_id{partition})"
            f" INSERT INTO {name}_seals (position, entry_id, hash{partition})"
            f" SELECT given.position, given.entry_id, given.hash{partition}"
            " FROM unnest(CAST(:positions AS bigint[]), CAST(:ids AS uuid[]), CAST(:hashes AS bytea[]))"
            " AS given (position, entry_id, hash) JOIN sealed USING (entry_id)"
        )
        self._move = text(f"UPDATE {name}_head SET position = :position, hash = :hash")  # noqa: S608

    def run(self) -> None:
        """Seal everything that waits."""
        while self.step() == BATCH:
            pass

    def step(self) -> int:
        """Seal a batch of the rows that wait, in the order of their ids. Returns how many."""
        with self._database.begin() as connection:
            # The lock is a statement of its own: the next one must see what the holder before has sealed.
            head = connection.execute(self._lock).one()
            waiting = connection.execute(self._waiting, {"batch": BATCH}).all()
            if waiting:
                self._seal(connection, head.position, bytes(head.hash), waiting)
        return len(waiting)

    def _seal(self, connection: Connection, position: int, hash_: bytes, waiting: Sequence[Row[Any]]) -> None:
        first, hashes = position + 1, []
        for entry in waiting:
            position += 1
            hash_ = seal(self._chain, hash_, position, entry)
            hashes.append(hash_)
        ids, positions = [entry.id for entry in waiting], range(first, position + 1)
        connection.execute(self._insert, {"ids": ids, "positions": list(positions), "hashes": hashes})
        connection.execute(self._move, {"position": position, "hash": hash_})
