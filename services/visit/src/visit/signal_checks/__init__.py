"""Signal checks: once a working day is over, its track is searched for gaps (R027)."""
