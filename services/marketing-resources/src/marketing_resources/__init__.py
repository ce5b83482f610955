"""Marketing resources: funds, budgets, spend plans, their approval, and the ledger of the money."""
