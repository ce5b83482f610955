"""Correction under control: submitted and completed records change only when a superior approves (R136).

A service makes a kind of record correctable by a `Correctable` and gives it to `CorrectionServicer`, which
serves the contract, and to `CorrectionsToDecide`, which lists what waits as open work. Its migration calls
`create_corrections_table()`, its error table takes in `ERRORS`.
"""

from chassis.corrections.errors import ERRORS
from chassis.corrections.records import Correctable, Record, Values, canonical
from chassis.corrections.schema import create_corrections_table
from chassis.corrections.servicer import CorrectionServicer
from chassis.corrections.work import CorrectionsToDecide

__all__ = [
    "ERRORS",
    "Correctable",
    "CorrectionServicer",
    "CorrectionsToDecide",
    "Record",
    "Values",
    "canonical",
    "create_corrections_table",
]
