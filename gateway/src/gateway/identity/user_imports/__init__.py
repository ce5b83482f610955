"""Accounts from CSV and XLSX files, row by row, outside the RPC threads."""
