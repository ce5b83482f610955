"""Funds: whose money it is, and which kind of fee (R039)."""
