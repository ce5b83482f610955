"""Visits at customers, from opening to checking out."""

from visit.visits.corrections import CompletedVisits
from visit.visits.errors import ERRORS
from visit.visits.servicer import VisitServicer
from visit.visits.store import begun_stops
from visit.visits.work import InProgress

__all__ = ["ERRORS", "CompletedVisits", "InProgress", "VisitServicer", "begun_stops"]
