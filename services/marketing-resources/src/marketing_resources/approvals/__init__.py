"""Decisions on spend plans, one duty after the other."""
