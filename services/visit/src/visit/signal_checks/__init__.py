"""Signal checks: once a working day is over, its track is searched for gaps (R027)."""

from visit.signal_checks.sweep import SignalSweep

__all__ = ["SignalSweep"]
