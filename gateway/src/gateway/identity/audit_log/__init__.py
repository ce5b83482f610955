"""The audit log: every write of every service, sealed."""
