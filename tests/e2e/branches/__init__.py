"""Branches of the organisation that tests found, and what can be asked about them."""
