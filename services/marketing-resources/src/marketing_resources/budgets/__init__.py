"""Budgets: what a unit may spend in a period, and its balances."""
