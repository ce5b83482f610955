"""Discipline: the ladder of steps that a superior takes against somebody for a breach."""

from visit.discipline.errors import ERRORS
from visit.discipline.servicer import DisciplinaryActionServicer

__all__ = ["ERRORS", "DisciplinaryActionServicer"]
