"""Writes the pages of docs/ that are made from code and contracts: `make docs`."""
