"""People and units as the search over all services finds them."""
