"""The time of business."""

from datetime import UTC, datetime, time, timedelta

from chassis.calendar import local_date
from demo_week.week import choose_week, days_of


class BusinessWeek:
    """A workweek that nobody else plans, and the clock that moves through it."""

    def __init__(self, clock):
        self._clock = clock
        self.days = days_of(choose_week(local_date(datetime.now(UTC) + timedelta(days=90)), lambda _: False))

    def at(self, day, hour, minute=0):
        """It is this time in Shanghai now, on a day of the week from 0, which may lie before it."""
        self._clock.set(self.days[0] + timedelta(days=day), time(hour, minute))

    @property
    def period(self):
        """What a report is asked for to speak of these days."""
        return {"fromDate": self.days[0].isoformat(), "toDate": self.days[-1].isoformat()}

    def now(self):
        return self._clock.now()
