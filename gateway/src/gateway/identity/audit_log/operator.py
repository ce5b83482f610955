"""The audit log for an operator: `ops verify-audit`."""

from chassis.database import Database
from chassis.sealing.operator import print_proof

from gateway.identity.audit_log.chain import AUDIT_LOG
from gateway.identity.audit_log.verification import prove_all


def verify_audit(database: Database) -> int:
    """Prove the whole log and print what is wrong with it. Returns 1 when something is, 0 otherwise."""
    return print_proof(database, AUDIT_LOG, prove_all)
