"""Append-only rows under seals: a gapless position each, and a hash over the row and the seal before."""

from chassis.sealing.chain import Chain, seal
from chassis.sealing.proof import Finding, Wrong, broken_seals
from chassis.sealing.sealer import Sealer
from chassis.sealing.verification import MOST_FINDINGS, Stretch, first, prove_seals, state

__all__ = [
    "MOST_FINDINGS",
    "Chain",
    "Finding",
    "Sealer",
    "Stretch",
    "Wrong",
    "broken_seals",
    "first",
    "prove_seals",
    "seal",
    "state",
]
