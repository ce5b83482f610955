"""Tells people, and who administers their unit, that they have not signed in for two weeks (R154)."""

from collections.abc import Iterator
from typing import Any

from chassis.calendar import local_date
from chassis.clock import Clock
from chassis.database import Database
from chassis.notices import raised as raised_notice
from chassis.outbox import Fact
from sqlalchemy import Row

from chassis import outbox
from gateway.identity.login_days import store
from gateway.identity.login_days.rules import TWO_WEEKS

_BATCH = 500


class AbsenceSweep:
    """Each absence is told once; a login ends it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def run(self) -> None:
        """Tell everybody who is due."""
        while self._tell() == _BATCH:
            pass

    def _tell(self) -> int:
        now = self._clock.now()
        today = local_date(now)
        with self._database.begin() as connection:
            rows = store.away(connection, today - TWO_WEEKS, _BATCH)
            if rows:
                outbox.append(connection, [fact for row in rows for fact in _notices(row)], now)
                store.note_told(connection, [row.user_id for row in rows])
        return len(rows)


def _notices(row: "Row[Any]") -> Iterator[Fact]:
    about = f"users/{row.user_id}"
    key = f"{row.user_id}:{row.since_date}"
    yield raised_notice(
        "identity",
        "loginDuties.twoWeeks",
        recipients=[row.user_id],
        parameters={"date": row.since_date},
        resource=about,
        dedupe_key=f"login-duty:{key}",
    )
    yield raised_notice(
        "identity",
        "loginDuties.twoWeeksInTeam",
        permission="loginDays.read",
        unit_id=row.unit_id,
        nearest_only=True,
        passed_over=[row.user_id],
        parameters={"user": row.user_id, "unit": row.unit_id, "date": row.since_date},
        resource=about,
        dedupe_key=f"login-duty-in-team:{key}",
    )
