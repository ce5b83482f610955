"""Violations: breaches of the rules of work, found by the platform, with their evidence."""

from visit.violations.servicer import ViolationServicer

__all__ = ["ViolationServicer"]
