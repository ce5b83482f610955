"""The ledger for an operator: `ops verify-ledger`."""

from chassis.database import Database
from chassis.sealing.operator import print_proof

from marketing_resources.ledger.chain import LEDGER
from marketing_resources.ledger.verification import prove_all


def verify_ledger(database: Database) -> int:
    """Prove the whole ledger and print what is wrong with it. Returns 1 when something is, 0 otherwise."""
    return print_proof(database, LEDGER, prove_all)
