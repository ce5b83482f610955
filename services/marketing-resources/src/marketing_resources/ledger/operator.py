"""The ledger for an operator: `ops verify-ledger`."""

import sys

from chassis.database import Database

from marketing_resources.ledger import verification


def verify_ledger(database: Database) -> int:
    """Prove the whole ledger and print what is wrong with it. Returns 1 when something is, 0 otherwise."""
    proven = wrong = 0
    with database.reading() as connection:
        for stretch in verification.prove_all(connection):
            proven += stretch.entry_count
            wrong += len(stretch.findings)
            for finding in stretch.findings:
                sys.stdout.write(f"{finding.kind}\t{finding.id or '-'}\t{finding.position or '-'}\n")
        state = verification.state(connection)
    sys.stdout.write(
        f"{proven} entries proven, sealed to position {state.head_position};"
        f" {state.unsealed_count} wait for their seal; {wrong} findings\n"
    )
    return 1 if wrong else 0
