"""Visits, planned stops and violations: the report per person and unit, and the ranking."""
