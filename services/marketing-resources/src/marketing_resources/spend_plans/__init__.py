"""Monthly spend plans."""
