"""Makes the monthly partition of track points before the first point of a month is written."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from chassis.database.partitions import ensure_months
from chassis.server import Call

from visit.tracks.rules import moment_of
from visit.tracks.tables import track_points


class Months:
    """Remembers the months that are there, so that only the first batch of a month asks the database."""

    def __init__(self) -> None:
        self._there: set[date] = set()

    def ensure(self, call: Call, captured: Sequence[int]) -> None:
        """Make the months of points captured then; a batch reaches back a week, so it touches one or two."""
        if not captured:
            return
        ends = (min(captured), max(captured))
        for month in {moment_of(end).date().replace(day=1) for end in ends} - self._there:
            ensure_months(call.connection, track_points.name, month, 1)
            # Not before the commit: a month that was rolled back must be made again.
            call.after_commit(partial(self._there.add, month))
