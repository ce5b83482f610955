"""Breaks a running platform while people write, and counts afterwards what was lost or doubled."""
