"""How many customers each person and unit looks after."""
