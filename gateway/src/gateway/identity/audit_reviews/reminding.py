"""Tells who reviews that a month still has no review."""

from dataclasses import dataclass

from chassis.calendar import local_date
from chassis.clock import Clock
from chassis.database import Database
from chassis.notices import raised

from chassis import outbox
from gateway.identity.audit_reviews import store
from gateway.identity.audit_reviews.rules import overdue_month

NOTICE = "auditReviews.overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """R173: from the review day of a month on, the month before must have a review of the top unit."""

    service: str
    database: Database
    clock: Clock
    review_day: int

    def run(self) -> None:
        now = self.clock.now()
        month = overdue_month(local_date(now), self.review_day)
        if month is None:
            return
        with self.database.begin() as connection:
            unit_id = store.remind_once(connection, month, now)
            if unit_id:
                fact = raised(
                    self.service,
                    NOTICE,
                    permission="auditReviews.create",
                    unit_id=unit_id,
                    parameters={"month": f"{month.start:%Y-%m}"},
                    dedupe_key=f"{NOTICE}:{month.start:%Y-%m}",
                )
                outbox.append(connection, [fact], now)
