"""Reviews of the audit log (R173)."""
