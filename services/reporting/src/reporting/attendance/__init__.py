"""Attendance per person and unit, over the working days of the Chinese calendar."""
