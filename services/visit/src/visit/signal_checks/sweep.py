"""Judges the signal of the working days that are over (R027)."""

from datetime import datetime
from typing import Any

import structlog
from chassis.clock import Clock
from chassis.database import Database
from sqlalchemy import Connection, Row

from chassis import outbox
from visit.attendance import store as attendance
from visit.organisation import UnitPaths
from visit.signal_checks.rules import breaches, signal_check_due, watched_time
from visit.tracks import store as tracks
from visit.violations import store as violations
from visit.violations.events import raised, told
from visit.violations.store import PersonDay
from visit.work_policies.rules import WorkPolicy
from visit.work_policies.store import policy_for

log = structlog.get_logger()


class SignalSweep:
    """Looks at each day once, when the phone has had time to send what it held back.

    A day is done in the transaction that keeps its violations, so a sweep that dies is taken up by the next.
    """

    def __init__(self, database: Database, clock: Clock, organisation: UnitPaths) -> None:
        self._database = database
        self._clock = clock
        self._organisation = organisation

    def run(self) -> None:
        """Judge every day that is due by now."""
        now = self._clock.now()
        with self._database.reading() as connection:
            due = attendance.read_signal_checks_due(connection, now)
        for day in due:
            try:
                self._check(day, now)
            except Exception:
                # One day that cannot be judged now must not keep the others from their turn.
                log.exception("signal check failed", attendance_day=day.id)

    def _check(self, due: Row[Any], now: datetime) -> None:
        path = self._organisation.path(due.unit_id)
        with self._database.begin() as connection:
            policy = policy_for(connection, path, due.work_date)
            check_due = signal_check_due(due.clock_in_at, policy)
            if check_due and check_due > now:  # the policy of the day has changed since the clock-in
                attendance.put_off_signal_check(connection, due.id, check_due)
                return
            day = attendance.finish_signal_check(connection, due.id)
            if day is not None:
                _raise_violations(connection, day, policy, now)


def _raise_violations(connection: Connection, day: Row[Any], policy: WorkPolicy, now: datetime) -> None:
    watched = watched_time(policy, day.clock_in_at, day.clock_out_at)
    if watched is None:
        return
    positions = tracks.captured_between(connection, day.user_id, *watched)
    owner = PersonDay(
        user_id=day.user_id, unit_id=day.unit_id, work_date=day.work_date, work_policy_id=policy.id
    )
    found = violations.record(connection, owner, breaches(positions, watched, policy), now)
    outbox.append(connection, [fact for row in found for fact in (raised(row), *told(row))], now)
