"""How much of the other services' history the figures hold, and how to make them anew."""
