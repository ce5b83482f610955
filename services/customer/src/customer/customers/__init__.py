"""The customer master: shops, dealers and companies that the field team looks after."""
