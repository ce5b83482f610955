"""How far budgets are used (R042)."""
