"""A proof for an operator: `ops verify-…`."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection

from chassis.database import Database
from chassis.sealing.chain import Chain
from chassis.sealing.verification import Stretch, state


def print_proof(
    database: Database, chain: Chain, prove_all: Callable[[Connection], Iterator[Stretch[Any]]]
) -> int:
    """Prove everything and print what is wrong. Returns 1 when something is, 0 otherwise."""
    proven = wrong = 0
    with database.reading() as connection:
        for stretch in prove_all(connection):
            proven += stretch.entry_count
            wrong += len(stretch.findings)
            for finding in stretch.findings:
                sys.stdout.write(f"{finding.kind}\t{finding.id or '-'}\t{finding.position or '-'}\n")
        now = state(connection, chain)
    sys.stdout.write(
        f"{proven} entries proven, sealed to position {now.head_position}"
        f" (hash {bytes(now.head_hash).hex() or 'none'});"
        f" {now.unsealed_count} wait for their seal; {wrong} findings\n"
    )
    return 1 if wrong else 0
