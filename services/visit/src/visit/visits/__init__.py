"""Visits at customers, from opening to checking out."""

from visit.visits.errors import ERRORS
from visit.visits.servicer import VisitServicer
from visit.visits.store import begun_stops
from visit.visits.work import InProgress

__all__ = ["ERRORS", "InProgress", "VisitServicer", "begun_stops"]
